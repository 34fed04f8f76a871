import { setImmediate } from 'node:timers/promises';
import { createRandom } from '../support/random.js';
import { type Act, perform } from './acts.js';

/** What a process does to a node, over and over, until it is told to stop. */
export interface Writing {
  /** One of them is drawn each time; `bad` is done while all is good, `good` makes it so again. */
  readonly turns: readonly { readonly bad: readonly Act[]; readonly good: readonly Act[] }[];
  readonly seed: number;
  /** Milliseconds that either state lasts at most. */
  readonly longestMs: number;
}

/** The times of CLOCK_MONOTONIC in nanoseconds between which good states can have stood; the last one stands still. */
export type GoodTimes = readonly (readonly [from: string, to: string])[];

process.once('message', (writing: Writing) => void write(writing));

async function write({ turns, seed, longestMs }: Writing): Promise<void> {
  const random = createRandom(seed);
  const quiet = new Int32Array(new SharedArrayBuffer(4));
  const rest = () => Atomics.wait(quiet, 0, 0, random.below(longestMs * 1000) / 1000);
  const good: [string, string][] = [];
  let isOver = false;
  process.once('message', () => (isOver = true));
  // Before it was started all was good, or never.
  let from = 0n;
  while (!isOver) {
    const turn = turns[random.below(turns.length)];
    if (turn === undefined) break;
    perform(turn.bad);
    good.push([String(from), String(process.hrtime.bigint())]);
    rest();
    from = process.hrtime.bigint();
    perform(turn.good);
    if (good.length === 1) process.send?.('begun');
    rest();
    await setImmediate();
  }
  good.push([String(from), String(2n ** 63n)]);
  process.send?.(good, () => process.exit());
}
