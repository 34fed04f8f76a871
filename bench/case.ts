/** What the command line says; bytes and counts. */
export interface BenchOptions {
  readonly size: number;
  /** Rounds that are measured at least; as many as `MOST_TIMES` (compare.ts) of them where a verdict needs more. */
  readonly rounds: number;
}

export type Unit = 'GB/s' | 'ms' | 's' | 'MB' | 'full reads';

/** One thing that is measured beside others. */
export interface Contestant {
  readonly name: string;
  /** Why it cannot run on this machine; it is named in the report then. */
  readonly absent?: string | null;
  /** Rounds that are enough for it: a slow peer that stands there for comparison, and that no target needs. */
  readonly atMost?: number;
  /** How often it runs in one round, where a single run scatters; their median is its measurement. Default 1. */
  readonly runs?: number;
  /** One run, in the table's unit. Throws when the work was not done right. */
  readonly measure: () => Promise<number>;
}

/** The measurements of one contestant. */
export interface Row {
  readonly name: string;
  readonly absent: string | null;
  /** One a round, in the order of the rounds: equal indices of two rows are of one round. */
  readonly samples: readonly number[];
  /** Every single run; the samples themselves where a round has one. */
  readonly singles: readonly number[];
}

/** A promise of performance.md, before it is measured. */
export interface TargetSpec {
  readonly name: string;
  readonly relation: '>=' | '<=' | '=';
  readonly limit: number;
  /** The rows that it is made of. */
  readonly uses: readonly string[];
  /** What is promised of one round, of that round's samples in the order of `uses`. */
  readonly of: (...samples: number[]) => number;
  /** The promise holds for each round, and not in the middle: a peak or a count is no estimate. */
  readonly always?: boolean;
}

/** `noisy`: the middle of what was measured lies on either side of the limit, for all that can be told. */
export type Verdict = 'reached' | 'missed' | 'noisy' | 'absent';

/** A promise, and what was measured. */
export interface Target {
  readonly name: string;
  readonly relation: TargetSpec['relation'];
  readonly limit: number;
  /** The median of the rounds; of what must always hold the worst. Null where a side is absent. */
  readonly measured: number | null;
  /** Where the median lies (statistics.ts); null where the rounds are too few to say, or it is no estimate. */
  readonly between: readonly [low: number, high: number] | null;
  readonly rounds: number;
  readonly verdict: Verdict;
}

/** What was measured in one interleaved run. */
export interface Table {
  /** What was measured, on what. */
  readonly title: string;
  readonly unit: Unit;
  /** The row that all others are put in relation to. */
  readonly relativeTo: string | null;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  /** Part of all processors' time that others had meanwhile, 0 to 1; null where the kernel does not tell. */
  readonly others: number | null;
}

export interface CaseReport {
  readonly title: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  /** What a reader must know to judge the numbers. */
  readonly notes: readonly string[];
}

/** A file of `bench/cases/` exports one as `benchmark`; its name is the file's. */
export interface BenchCase {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Promise<CaseReport>;
}

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

interface ChartBase {
  /** The name of its file, without directory and ending. */
  readonly file: string;
  readonly title: string;
  /** What it shows, for who does not see it. */
  readonly description: string;
}

/** A bar a row, as long as its median. */
export interface BarChart extends ChartBase {
  readonly kind: 'bars';
  readonly unit: Unit;
  /** The bars that are this program's. */
  readonly ours: readonly string[];
  readonly bars: readonly { readonly name: string; readonly samples: readonly number[] }[];
}

/** Medians over a quantity. */
export interface LineChart extends ChartBase {
  readonly kind: 'lines';
  readonly x: Axis & { readonly ticks: readonly { readonly at: number; readonly label: string }[] };
  readonly y: Axis;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly samples: readonly number[] }[];
  }[];
}

/** How many single runs took at most so long. */
export interface DistributionChart extends ChartBase {
  readonly kind: 'distribution';
  readonly x: Axis;
  readonly lines: readonly { readonly name: string; readonly singles: readonly number[] }[];
}

export type Chart = BarChart | LineChart | DistributionChart;
