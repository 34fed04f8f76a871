import { hasControls } from './escape.js';

export interface Remedy {
  readonly remedy: string | null;
  readonly remedyArgv: readonly string[] | null;
}

/** An option and its value. */
export type CommandOption = readonly [name: string, value: string];

/** A command to paste: `words` are ours and stand as they are, `values` may come from a hostile record. */
export interface Command {
  readonly words: readonly string[];
  /** Where it is to work; none where its defaults lead there. */
  readonly options?: readonly CommandOption[];
  readonly values: readonly string[];
}

/** The node that was asked about, as the two programs are told of it: a command without would be about another. */
export interface CommandPlace {
  readonly blobcheck: readonly CommandOption[];
  readonly cocoon: readonly CommandOption[];
}

/** Where the defaults lead. */
export const defaultPlace: CommandPlace = { blobcheck: [], cocoon: [] };

export function blobcheckCommand(place: CommandPlace, words: readonly string[], values: readonly string[]): Command {
  return { words: ['blobcheck', ...words], options: place.blobcheck, values };
}

export function cocoonCommand(place: CommandPlace, words: readonly string[], values: readonly string[]): Command {
  return { words: ['cocoon', ...words], options: place.cocoon, values };
}

/** Characters that no POSIX shell treats specially (findings.md, "Remedies"). */
const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word for POSIX `sh`: as it is when it is harmless, else in single quotes. */
export function quoteForShell(word: string): string {
  if (plainWord.test(word) && !word.startsWith('-')) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * What root can paste: one command, or several of which each follows the success of the one before. A value with
 * control characters cannot be pasted safely from a terminal, so then the remedy is the words given in its place.
 */
export function commandRemedy(commands: readonly Command[], inWords: string): Remedy {
  if (commands.some((command) => argvOf(command).some(hasControls))) return wordsRemedy(inWords);
  const lines = commands.map((command) => argvOf(command, quoteForShell));
  const [only] = commands;
  return {
    remedy: lines.map((words) => words.join(' ')).join(' && '),
    remedyArgv: commands.length === 1 && only ? argvOf(only) : null,
  };
}

function argvOf(command: Command, quoted = (value: string) => value): string[] {
  const options = (command.options ?? []).flatMap(([name, value]) => [name, quoted(value)]);
  return [...command.words, ...options, ...separator(command), ...command.values.map(quoted)];
}

/** A remedy that is no command. */
export function wordsRemedy(words: string): Remedy {
  return { remedy: words, remedyArgv: null };
}

/** A value that looks like an option needs `--` before it. */
function separator(command: Command): readonly string[] {
  return command.values.some((value) => value.startsWith('-')) ? ['--'] : [];
}
