import type { Row, Target, TargetSpec, Verdict } from './case.js';
import { median, medianInterval } from './statistics.js';

/** From this part of the machine on, what others did may have hit one side of a comparison and not the other. */
export const DISTURBED = 0.1;

/**
 * Puts what was measured beside what was promised. A verdict is given only where all that the median can be
 * (`medianInterval`) lies on one side of the limit: else it would be another at the next run. `others` is the part of the
 * machine that others had meanwhile: where that is much, all of it may have been taken from one side.
 */
export function judge(spec: TargetSpec, rows: readonly Row[], others: number | null = null): Target {
  const { name, relation, limit } = spec;
  const values = roundsOf(spec, rows);
  const base = { name, relation, limit, rounds: values.length };
  if (values.length === 0) return { ...base, measured: null, between: null, verdict: 'absent' };
  if (spec.always) {
    const worst =
      relation === '<=' ? Math.max(...values) : relation === '>=' ? Math.min(...values) : odd(values, limit);
    return { ...base, measured: worst, between: null, verdict: holds(spec, worst) ? 'reached' : 'missed' };
  }
  const between = disturbed(medianInterval(values), others ?? 0);
  return { ...base, measured: median(values), between, verdict: verdictOf(spec, between) };
}

/** `ours` in relation to `peer`, round by round. */
export function ratioTarget(ours: string, relation: '>=' | '<=', limit: number, peer: string): TargetSpec {
  return { name: `${ours} / ${peer}`, relation, limit, uses: [ours, peer], of: (a, b) => (a ?? 0) / (b ?? 1) };
}

function roundsOf(spec: TargetSpec, rows: readonly Row[]): number[] {
  const used = spec.uses.map((name) => rows.find((row) => row.name === name)?.samples ?? []);
  const rounds = Math.min(...used.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => spec.of(...used.map((samples) => samples[round] ?? Number.NaN)));
}

function disturbed(between: readonly [number, number] | null, others: number): readonly [number, number] | null {
  if (between === null || others < DISTURBED) return between;
  // Who has a part of the processors less takes 1 / (1 - part) of the time.
  return [between[0] * (1 - others), between[1] / (1 - others)];
}

function verdictOf(spec: TargetSpec, between: readonly [number, number] | null): Verdict {
  if (between === null) return 'noisy';
  const [low, high] = between.map((value) => holds(spec, value));
  return low === high ? (low ? 'reached' : 'missed') : 'noisy';
}

function holds({ relation, limit }: TargetSpec, value: number): boolean {
  if (relation === '=') return value === limit;
  return relation === '>=' ? value >= limit : value <= limit;
}

function odd(values: readonly number[], limit: number): number {
  return values.find((value) => value !== limit) ?? limit;
}
