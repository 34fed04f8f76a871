/** The lines that cocoon writes to stderr; coloured unless NO_COLOR is set, be it a terminal or not. */
const levels = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5, panic: 6, disabled: 8 };
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function isLevel(word) {
  return word === '' || Object.hasOwn(levels, word.toLowerCase());
}

export function makeLogger(level, env) {
  const least = level === '' ? 0 : levels[level.toLowerCase()];
  const paint = (code, text) => (env.NO_COLOR ? text : `\x1b[${code}m${text}\x1b[0m`);
  const line = (rank, label, colour) => (where, message) => {
    if (rank < least) return;
    const body = colour === null ? `${label} ${message}` : `${paint(colour, label)} ${paint(1, message)}`;
    process.stderr.write(`${paint(90, clock(new Date()))} ${body} ${paint(36, 'func=')}${where}\n`);
  };
  return { debug: line(1, 'DBG', null), info: line(2, 'INF', 32), warn: line(3, 'WRN', 33) };
}

function clock(date) {
  const two = (number) => String(number).padStart(2, '0');
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName').value;
  const day = `${two(date.getDate())} ${months[date.getMonth()]} ${two(date.getFullYear() % 100)}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${zone}`;
}
