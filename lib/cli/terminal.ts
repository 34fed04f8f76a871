import { styleText } from 'node:util';
import { type Paint, plain } from '../index.js';

/** What a command may use of the process that it runs in; commands never touch `process` themselves. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Colours for standard output: none when it is not a terminal or NO_COLOR is set (https://no-color.org). */
  readonly paint: Paint;
  readonly stderrIsTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
}

export function terminalOf(proc: NodeJS.Process, signal: AbortSignal): Terminal {
  const colours = proc.stdout.isTTY === true && !proc.env.NO_COLOR && proc.env.TERM !== 'dumb';
  return {
    env: proc.env,
    signal,
    paint: colours ? (style, text) => styleText(style, text) : plain,
    stderrIsTerminal: proc.stderr.isTTY === true,
    out: (text) => proc.stdout.write(text),
    err: (text) => proc.stderr.write(text),
  };
}
