import type { Contestant, Row } from './case.js';
import { median } from './statistics.js';

/** What has been measured so far of one contestant. */
export interface Taken {
  readonly samples: number[];
  readonly singles: number[];
}

export interface RoundOptions {
  /** Is called, unmeasured, ahead of each run. */
  readonly before?: (() => void | Promise<void>) | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Measures contestants in turn, in an order of its own every time: what slows the machine down for a while hits all of
 * them, and none always runs after the same other. Who runs more than once in a round has each run between those of the
 * others. `into` gets the measurements; without it the round warms up, by one run each.
 */
export async function playRound(
  contestants: readonly Contestant[],
  into: ReadonlyMap<string, Taken> | null,
  { before = () => {}, random = Math.random }: RoundOptions = {},
): Promise<void> {
  const measured = new Map(contestants.map(({ name }): [string, number[]] => [name, []]));
  const turns = into === null ? 1 : Math.max(1, ...contestants.map(({ runs = 1 }) => runs));
  for (let turn = 0; turn < turns; turn++) {
    const running = contestants.filter(({ runs = 1 }) => turn < runs);
    for (const { name, measure } of shuffled(running, random)) {
      await before();
      measured.get(name)?.push(await measure());
    }
  }
  if (into === null) return;
  for (const [name, singles] of measured) {
    const sample = median(singles);
    if (sample === null) throw new Error(`${name} measured nothing`);
    into.get(name)?.samples.push(sample);
    into.get(name)?.singles.push(...singles);
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
