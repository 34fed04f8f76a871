import type { BenchOptions, Contestant, Row, Table, TargetSpec, Unit } from './case.js';
import { playRound, type RoundOptions, rowsOf, type Taken } from './interleave.js';
import { watchOthers } from './others.js';
import { LEAST_SAMPLES } from './statistics.js';
import { judge } from './verdict.js';

/** How many times the rounds that were asked for are played at most until every target is decided. */
export const MOST_TIMES = 7;

/** Seconds that rounds beyond those that were asked for may take in one comparison. */
const EXTRA_SECONDS = 150;

/** How much the rounds grow before the verdicts are looked at again: who looks after each stops at the first lucky one. */
const GROWTH = 1.5;

export interface Comparison extends RoundOptions {
  readonly title: string;
  readonly unit: Unit;
  readonly relativeTo?: string | null;
  readonly contestants: readonly Contestant[];
  readonly targets?: readonly TargetSpec[];
  /** Whether each runs once before it is measured; default true. */
  readonly warmUp?: boolean;
}

/**
 * Measures contestants interleaved, and goes on with those whose targets are undecided: up to `MOST_TIMES` the rounds or
 * `EXTRA_SECONDS`. A contestant that has dropped out does not come back, so equal indices stay equal rounds.
 */
export async function compare(comparison: Comparison, { rounds }: Pick<BenchOptions, 'rounds'>): Promise<Table> {
  const { title, unit, relativeTo = null, contestants, targets = [], warmUp = true } = comparison;
  const taken = new Map<string, Taken>(contestants.map(({ name }) => [name, { samples: [], singles: [] }]));
  const present = contestants.filter(({ absent }) => !absent);
  const others = watchOthers();
  const playTo = async (played: number, wanted: number, among: readonly Contestant[]) => {
    for (let round = played; round < wanted; round++) {
      const playing = among.filter(({ atMost = rounds * MOST_TIMES }) => round < atMost);
      await playRound(playing, taken, comparison);
    }
  };

  if (warmUp) await playRound(present, null, comparison);
  await playTo(0, rounds, present);
  const began = performance.now();
  // Rounds that could decide nothing in the end are none to wait for.
  const most = rounds * MOST_TIMES < LEAST_SAMPLES ? rounds : rounds * MOST_TIMES;
  for (let played = rounds; played < most; ) {
    const open = undecided(targets, rowsOf(contestants, taken), others());
    if (open.size === 0 || performance.now() - began > EXTRA_SECONDS * 1000) break;
    const wanted = Math.min(Math.ceil(played * GROWTH), most);
    await playTo(
      played,
      wanted,
      present.filter(({ name }) => open.has(name)),
    );
    played = wanted;
  }
  const rows = rowsOf(contestants, taken);
  const share = others();
  const judged = targets.map((target) => judge(target, rows, share));
  return { title, unit, relativeTo, rows, targets: judged, others: share };
}

/** The rows that more rounds are needed of. */
function undecided(targets: readonly TargetSpec[], rows: readonly Row[], others: number | null): ReadonlySet<string> {
  const open = targets.filter((target) => judge(target, rows, others).verdict === 'noisy');
  return new Set(open.flatMap(({ uses }) => uses));
}
