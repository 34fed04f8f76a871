import { styleText } from 'node:util';
import { type Paint, plain } from '../index.js';

/** What a command may use of the process that it runs in; commands never touch `process` themselves. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Colours for standard output: none when it is not a terminal or NO_COLOR is set (https://no-color.org). */
  readonly paint: Paint;
  /** Whether standard error is a terminal that can take a bar away again. */
  readonly stderrIsTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** Without a name, or called dumb, a terminal prints the sequences of a bar. */
function movesCursor(name: string | undefined): boolean {
  return name !== undefined && name !== '' && name !== 'dumb';
}

export function terminalOf(proc: NodeJS.Process, signal: AbortSignal): Terminal {
  const colours = proc.stdout.isTTY === true && !proc.env.NO_COLOR && proc.env.TERM !== 'dumb';
  return {
    env: proc.env,
    signal,
    paint: colours ? (style, text) => styleText(style, text) : plain,
    stderrIsTerminal: proc.stderr.isTTY === true && movesCursor(proc.env.TERM),
    out: (text) => proc.stdout.write(text),
    err: (text) => proc.stderr.write(text),
  };
}
