import type { Contestant, Row } from './case.js';

/**
 * Measures all contestants once a round, in a new order every round: what slows the machine down for a while hits all of
 * them, and none always runs after the same other. `before` runs unmeasured ahead of each measurement.
 */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  before: () => void | Promise<void> = () => {},
  random: () => number = Math.random,
): Promise<Row[]> {
  const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of shuffled(contestants, random)) {
      if (contestant.absent) continue;
      await before();
      samples.get(contestant.name)?.push(await contestant.measure());
    }
  }
  return contestants.map(({ name, absent }) => ({ name, absent: absent ?? null, samples: samples.get(name) ?? [] }));
}

/** Fisher and Yates: every order is as likely as any other. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}
