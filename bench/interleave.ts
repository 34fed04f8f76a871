import type { Contestant, Row } from './case.js';
import { median } from './statistics.js';

/** What has been measured so far of one contestant. */
export interface Taken {
  readonly samples: number[];
  readonly singles: number[];
}

export interface RoundOptions {
  /** Runs unmeasured ahead of each measurement. */
  readonly before?: (() => void | Promise<void>) | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Measures contestants once each, in an order of its own every time: what slows the machine down for a while hits all of
 * them, and none always runs after the same other. `into` gets the measurements; without it the round warms up.
 */
export async function playRound(
  contestants: readonly Contestant[],
  into: ReadonlyMap<string, Taken> | null,
  { before = () => {}, random = Math.random }: RoundOptions = {},
): Promise<void> {
  for (const { name, measure } of shuffled(contestants, random)) {
    await before();
    const measured = await measure();
    const taken = into?.get(name);
    if (taken === undefined) continue;
    const singles = typeof measured === 'number' ? [measured] : measured;
    const sample = median(singles);
    if (sample === null) throw new Error(`${name} measured nothing`);
    taken.samples.push(sample);
    taken.singles.push(...singles);
  }
}

/** The rows of contestants, those that are absent named. */
export function rowsOf(contestants: readonly Contestant[], taken: ReadonlyMap<string, Taken>): Row[] {
  return contestants.map(({ name, absent }) => {
    const { samples, singles } = taken.get(name) ?? { samples: [], singles: [] };
    return { name, absent: absent ?? null, samples, singles };
  });
}

/** Fisher and Yates: every order is as likely as any other. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}
