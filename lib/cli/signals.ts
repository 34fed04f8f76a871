import { exitCodes } from './exit.js';

/** What happens when somebody wants to end us. */
export interface Signals {
  /** Aborted by the first signal that ends us. */
  readonly aborted: AbortSignal;
  pass(to: ((signal: NodeJS.Signals) => void) | null): void;
  dieOf(signal: NodeJS.Signals): void;
}

const ending = {
  SIGHUP: exitCodes.hungUp,
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
} as const;

/** Further signals that a program may want; without us in its place it would have got them. */
const passable = ['SIGQUIT', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;

/** Standard output is written in one piece at the end, so an interrupted run has printed nothing there. */
export function handleSignals(proc: NodeJS.Process): Signals {
  const abort = new AbortController();
  let passTo: ((signal: NodeJS.Signals) => void) | null = null;
  const passOn = (signal: NodeJS.Signals) => passTo?.(signal);
  for (const [signal, code] of Object.entries(ending) as [NodeJS.Signals, number][]) {
    proc.on(signal, () => {
      if (passTo !== null) return passTo(signal);
      abort.abort();
      proc.exit(code);
    });
  }
  return {
    aborted: abort.signal,
    pass(to) {
      passTo = to;
      for (const signal of passable) {
        proc.off(signal, passOn);
        if (to !== null) proc.on(signal, passOn);
      }
    },
    dieOf(signal) {
      proc.removeAllListeners(signal);
      proc.kill(proc.pid, signal);
    },
  };
}
