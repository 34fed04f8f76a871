/**
 * What cocoon does with its arguments, by the rules of cobra 1.10 (Find, stripFlags, argsMinusFirstX) and pflag 1.0
 * (parseLongArg, parseSingleShortArg), read once more: bin/cocoon-arguments.sh must come to the same.
 */

/** What a flag wants: nothing, or the next word where no `=` follows. */
export type FlagKind = 'switch' | 'value';

/** A cocoon, as far as its flags make it. */
export interface CocoonFlags {
  /** By name, without dashes. */
  readonly global: Readonly<Record<string, FlagKind>>;
  /** Of each sub-command of `vm` and `image`. */
  readonly local: (command: string) => Readonly<Record<string, FlagKind>>;
}

export interface Reading {
  /** `vm clone`, …; null where cocoon makes no VM: another command, help, words that it refuses. */
  readonly command: string | null;
  readonly words: readonly string[];
  readonly places: Readonly<Record<'root-dir' | 'run-dir' | 'config' | 'from-dir', string | undefined>>;
  readonly pull: boolean;
}

const groups: Readonly<Record<string, readonly string[]>> = {
  vm: [
    'create',
    'run',
    'clone',
    'start',
    'stop',
    'list',
    'ls',
    'inspect',
    'console',
    'rm',
    'restore',
    'debug',
    'status',
  ],
  image: ['list', 'ls', 'import', 'pull', 'rm', 'inspect'],
  snapshot: ['save', 'list', 'ls', 'inspect', 'rm', 'export', 'import'],
};
/** The words that each command takes; `--from-dir` stands for one of them. */
const wordCounts: Readonly<Record<string, number>> = { 'vm clone': 1, 'vm restore': 2, 'vm run': 1, 'vm create': 1 };

const nothing: Reading = {
  command: null,
  words: [],
  places: { 'root-dir': undefined, 'run-dir': undefined, config: undefined, 'from-dir': undefined },
  pull: false,
};

export function readCommandLine(args: readonly string[], flags: CocoonFlags): Reading {
  const found: string[] = [];
  let rest = [...args];
  for (const known of [Object.keys(groups), null]) {
    const at = firstWord(rest, flags.global);
    const word = rest[at] ?? '';
    const commands = known ?? groups[found[0] ?? ''] ?? [];
    if (!commands.includes(word)) break;
    found.push(word);
    rest = rest.toSpliced(at, 1);
  }
  const command = found.join(' ');
  const count = wordCounts[command];
  if (count === undefined) return nothing;
  const parsed = parse(rest, flags, found[1] ?? '');
  if (parsed === null || parsed.values.help === 'true') return nothing;
  const { values, words } = parsed;
  const { 'root-dir': root, 'run-dir': run, config, 'from-dir': from } = values;
  if (words.length !== count - (from === undefined ? 0 : 1)) return nothing;
  return {
    command,
    words,
    places: { 'root-dir': root, 'run-dir': run, config, 'from-dir': from },
    pull: values.pull === 'true',
  };
}

/** cobra's search for the next command: what it does not know takes the next word, but for what has a `=`. */
function firstWord(args: readonly string[], known: CocoonFlags['global']): number {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') return args.length;
    if (arg.startsWith('--') && !arg.includes('=')) at += known[arg.slice(2)] === 'switch' ? 0 : 1;
    else if (arg.startsWith('-') && !arg.includes('=') && Buffer.byteLength(arg) === 2) at += 1;
    else if (arg !== '' && !arg.startsWith('-')) return at;
  }
  return args.length;
}

interface Parsed {
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly words: readonly string[];
}

const shorthands: Readonly<Record<string, string>> = { o: 'output', h: 'help' };

/** pflag; null where it refuses. */
function parse(args: readonly string[], flags: CocoonFlags, command: string): Parsed | null {
  const known: Readonly<Record<string, FlagKind>> = { help: 'switch', ...flags.global, ...flags.local(command) };
  const values: Record<string, string> = Object.create(null);
  const words: string[] = [];
  const rest = [...args];

  const set = (name: string, given: string | undefined): boolean => {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) return false;
    const value = given ?? (kind === 'switch' ? 'true' : rest.shift());
    if (value === undefined) return false;
    const truth = kind === 'switch' ? parseBool(value) : value;
    if (truth === null) return false;
    values[name] = truth;
    return true;
  };
  const setShort = (cluster: string): boolean => {
    if (cluster.startsWith('test.')) return true;
    for (let letters = cluster; letters !== ''; letters = letters.slice(1)) {
      const name = shorthands[letters[0] ?? ''];
      if (name === undefined) return false;
      if (letters.length > 2 && letters[1] === '=') return set(name, letters.slice(2));
      if (known[name] === 'switch') {
        if (!set(name, undefined)) return false;
      } else return set(name, letters.length > 1 ? letters.slice(1) : undefined);
    }
    return true;
  };

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') return { values, words: [...words, ...rest] };
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals);
      if (/^[-=]|^$/.test(arg.slice(2)) || !set(name, equals === -1 ? undefined : arg.slice(equals + 1))) return null;
    } else if (arg.startsWith('-') && arg !== '-') {
      if (!setShort(arg.slice(1))) return null;
    } else words.push(arg);
  }
  return { values, words };
}

/** Go's strconv.ParseBool. */
function parseBool(text: string): 'true' | 'false' | null {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return 'true';
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? 'false' : null;
}
