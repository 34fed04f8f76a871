import { styleText } from 'node:util';
import { type Paint, plain } from '../index.js';
import { isTerminal, type Output } from './output.js';
import type { PolicyPattern, Settings } from './settings.js';
import type { Signals } from './signals.js';

/** What a command may use of the process that it runs in; commands never touch `process` themselves. */
export interface Terminal {
  /** The environment, with the settings of this node in it. */
  readonly env: NodeJS.ProcessEnv;
  /** The environment as it was given to us: what a program gets that we run in somebody's place. */
  readonly ownEnv: NodeJS.ProcessEnv;
  /** Pull policies by names of snapshots, from the settings of this node. */
  readonly policies: readonly PolicyPattern[];
  /** What runs now: Node, and our own program. */
  readonly self: { readonly node: string; readonly program: string };
  readonly signal: AbortSignal;
  /** Colours for standard output: none when it is not a terminal or NO_COLOR is set (https://no-color.org). */
  readonly paint: Paint;
  /** Whether standard error is a terminal that can take a bar away again. */
  readonly stderrIsTerminal: boolean;
  /** From now on signals go to this and no longer end us; null gives them back. */
  passSignals(to: ((signal: NodeJS.Signals) => void) | null): void;
  /** Ends us by this signal, as it ended a program that we ran in somebody's place. */
  dieOf(signal: NodeJS.Signals): void;
  /** Ends now, whatever is still under way. */
  exit(code: number): never;
  out(text: string): void;
  err(text: string): void;
}

/** Without a name, or called dumb, a terminal prints the sequences of a bar. */
function movesCursor(name: string | undefined): boolean {
  return name !== undefined && name !== '' && name !== 'dumb';
}

export function terminalOf(proc: NodeJS.Process, output: Output, settings: Settings, signals: Signals): Terminal {
  const colours = !proc.env.NO_COLOR && proc.env.TERM !== 'dumb' && isTerminal(1);
  const stderrIsTerminal = movesCursor(proc.env.TERM) && isTerminal(2);
  // A bar is drawn through Node's stream; a terminal that has gone away is nobody's end.
  if (stderrIsTerminal) proc.stderr.on('error', () => {});
  return {
    env: settings.env,
    ownEnv: proc.env,
    policies: settings.policies,
    self: { node: proc.execPath, program: proc.argv[1] ?? '' },
    signal: signals.aborted,
    passSignals: signals.pass,
    dieOf: signals.dieOf,
    exit: (code) => proc.exit(code),
    paint: colours ? (style, text) => styleText(style, text) : plain,
    stderrIsTerminal,
    out: output.out,
    err: output.err,
  };
}
