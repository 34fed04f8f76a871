/** The command line as cobra and pflag read it: which command is meant, its flags before or behind, its words. */
import { Failure } from './failure.mjs';

const helpFlag = (command) => ({ name: 'help', short: 'h', type: 'bool', usage: `help for ${command.name}` });

/** Flags of the command itself and those of the root, sorted. */
export function ownFlags(command) {
  const flags = [...(command.flags ?? []), helpFlag(command)];
  return flags.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function rootOf(command) {
  return command.parent === undefined ? command : rootOf(command.parent);
}

export const inherited = (command) => (command.parent === undefined ? [] : (rootOf(command).flags ?? []));

export function parseCommandLine(root, argv) {
  const { command, rest } = find(root, argv);
  if (command === root) refuseUnknown(root, withoutFlags(rest, root));
  const { values, changed, words } = parseFlags([...ownFlags(command), ...inherited(command)], rest);
  if (command.name === 'help' && !values.help) return helpTopic(root, words);
  if (values.help || command.load === undefined) return { kind: 'help', command };
  countWords(command, words);
  return { kind: 'run', command, flags: values, changed, words };
}

function helpTopic(root, words) {
  const { command, rest } = find(root, words);
  return rest.length === 0 || command !== root ? { kind: 'help', command } : { kind: 'unknown-topic', words };
}

function refuseUnknown(root, words) {
  if (words.length === 0) return;
  const name = JSON.stringify(words[0]);
  throw new Failure(`unknown command ${name} for "${root.name}"`, `Run '${root.name} --help' for usage.\n`);
}

function find(command, args) {
  const [word] = withoutFlags(args, command);
  const child = command.children?.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
  if (word === undefined || child === undefined) return { command, rest: args };
  return find(child, withoutFirst(args, word, command));
}

/** Whether the argument is a flag that takes the next one for its value; help is not known yet, and takes it too. */
function takesNext(arg, command) {
  if (arg.includes('=')) return false;
  const flags = [...(command.flags ?? []), ...inherited(command)];
  const isBool = (test) => flags.some((flag) => test(flag) && flag.type === 'bool');
  if (arg.startsWith('--')) return !isBool(({ name }) => name === arg.slice(2));
  return arg.startsWith('-') && arg.length === 2 && !isBool(({ short }) => short === arg[1]);
}

function withoutFlags(args, command) {
  const words = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === '--') break;
    if (takesNext(arg, command)) at += 1;
    else if (arg !== '' && !arg.startsWith('-')) words.push(arg);
  }
  return words;
}

function withoutFirst(args, word, command) {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === '--') break;
    if (takesNext(arg, command)) at += 1;
    else if (arg === word) return args.toSpliced(at, 1);
  }
  return args;
}

function parseFlags(known, args) {
  const values = Object.fromEntries(known.map((flag) => [flag.name, zeroOf(flag)]));
  const changed = new Set();
  const words = [];
  const queue = [...args];
  const set = (flag, text, label) => {
    values[flag.name] = flag.type === 'stringArray' ? [...values[flag.name], text] : parsed(flag, text, label);
    changed.add(flag.name);
  };
  const value = (flag, inline, label, missing) => {
    if (inline !== undefined) return set(flag, inline, label);
    if (flag.type === 'bool') return set(flag, 'true', label);
    if (queue.length === 0) throw new Failure(`flag needs an argument: ${missing}`);
    set(flag, queue.shift(), label);
  };
  while (queue.length > 0) {
    const arg = queue.shift();
    if (arg === '--') {
      words.push(...queue.splice(0));
    } else if (arg.startsWith('--')) {
      const [name, inline] = split(arg.slice(2));
      if (name === '' || name.startsWith('-')) throw new Failure(`bad flag syntax: ${arg}`);
      const flag = known.find((one) => one.name === name);
      if (flag === undefined) throw new Failure(`unknown flag: --${name}`);
      value(flag, inline, labelOf(flag), arg);
    } else if (arg.startsWith('-') && arg.length > 1) {
      parseShort(arg, known, value);
    } else {
      words.push(arg);
    }
  }
  return { values, changed, words };
}

function parseShort(arg, known, value) {
  for (let letters = arg.slice(1); letters !== ''; ) {
    const [letter, rest] = [letters[0], letters.slice(1)];
    const flag = known.find(({ short }) => short === letter);
    if (flag === undefined) throw new Failure(`unknown shorthand flag: '${letter}' in -${letters}`);
    if (rest.startsWith('=')) return value(flag, rest.slice(1), labelOf(flag), '');
    if (flag.type !== 'bool' && rest !== '') return value(flag, rest, labelOf(flag), '');
    value(flag, undefined, labelOf(flag), `'${letter}' in -${letters}`);
    letters = rest;
  }
}

function split(text) {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const labelOf = ({ name, short }) => (short === undefined ? `--${name}` : `-${short}, --${name}`);

function zeroOf({ type, default: value }) {
  return value ?? { string: '', bool: false, int: 0, stringArray: [] }[type];
}

function parsed({ type }, text, label) {
  const refuse = (parser) => {
    const quoted = JSON.stringify(text);
    throw new Failure(
      `invalid argument ${quoted} for "${label}" flag: strconv.${parser}: parsing ${quoted}: invalid syntax`,
    );
  };
  if (type === 'string') return text;
  if (type === 'bool') {
    if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
    return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : refuse('ParseBool');
  }
  return /^[+-]?(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : refuse('ParseInt');
}

function countWords({ args = {} }, words) {
  const { exactly, least, most } = args;
  const got = words.length;
  if (exactly !== undefined && got !== exactly) throw new Failure(`accepts ${exactly} arg(s), received ${got}`);
  if (got < least) throw new Failure(`requires at least ${least} arg(s), only received ${got}`);
  if (got > most) throw new Failure(`accepts at most ${most} arg(s), received ${got}`);
}
