import { hasControls } from './escape.js';

export interface Remedy {
  readonly remedy: string | null;
  readonly remedyArgv: readonly string[] | null;
}

/** A command to paste: `words` are ours and stand as they are, `values` may come from a hostile record. */
export interface Command {
  readonly words: readonly string[];
  readonly values: readonly string[];
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
  if (commands.some((command) => command.values.some(hasControls))) return wordsRemedy(inWords);
  const lines = commands.map((command) => [
    ...command.words,
    ...separator(command),
    ...command.values.map(quoteForShell),
  ]);
  const [only] = commands;
  return {
    remedy: lines.map((words) => words.join(' ')).join(' && '),
    remedyArgv: commands.length === 1 && only ? [...only.words, ...separator(only), ...only.values] : null,
  };
}

/** A remedy that is no command. */
export function wordsRemedy(words: string): Remedy {
  return { remedy: words, remedyArgv: null };
}

/** A value that looks like an option needs `--` before it. */
function separator(command: Command): readonly string[] {
  return command.values.some((value) => value.startsWith('-')) ? ['--'] : [];
}
