import { type Finding, finding } from '../index.js';
import { parseDuration } from './duration.js';
import type { Terminal } from './terminal.js';

/** Milliseconds that an asker waits if BLOBCHECK_TIMEOUT says nothing. */
const DEFAULT_MS = 10 * 60 * 1000;

/** Milliseconds: what a timer of Node can count. */
const MOST_MS = 2 ** 31 - 1;

/** How long an asker may wait. */
export interface TimeLimit {
  /** The answer when the time is over. */
  readonly reached: Promise<{ readonly findings: readonly Finding[]; readonly entries: readonly never[] }>;
  readonly signal: AbortSignal;
  clear(): void;
}

/** `spentMs`: milliseconds of it that are over already. */
export function timeLimit(terminal: Terminal, spentMs = 0): TimeLimit {
  const ms = milliseconds(terminal);
  const over = new AbortController();
  // Who is ended waits no longer, either.
  terminal.signal.addEventListener('abort', () => over.abort(), { once: true });
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<Awaited<TimeLimit['reached']>>((resolve) => {
    timer = setTimeout(
      () => {
        over.abort();
        const message = `the check has not ended within ${ms / 1000} s; it goes on, and the next ask will find its result`;
        resolve({ findings: [finding('check-timeout', message)], entries: [] });
      },
      Math.max(0, ms - spentMs),
    );
  });
  return { reached, signal: over.signal, clear: () => clearTimeout(timer) };
}

function milliseconds({ env, err }: Terminal): number {
  const text = env.BLOBCHECK_TIMEOUT;
  const parsed = text ? parseDuration(text) : DEFAULT_MS;
  if (parsed !== null) return Math.min(parsed, MOST_MS);
  err(`blobcheck: BLOBCHECK_TIMEOUT is no duration (90, 90s, 10m, 1h), so it is 10m: ${JSON.stringify(text)}\n`);
  return DEFAULT_MS;
}
