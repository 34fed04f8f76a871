/** What the command line says; bytes and counts. */
export interface BenchOptions {
  readonly size: number;
  readonly rounds: number;
}

/** One thing that is measured once a round. */
export interface Contestant {
  readonly name: string;
  /** Why it cannot run on this machine; it is named in the report then. */
  readonly absent?: string | null;
  /** One measurement in the case's unit. Throws when the work was not done right. */
  readonly measure: () => Promise<number>;
}

/** The measurements of one contestant. */
export interface Row {
  readonly name: string;
  readonly absent: string | null;
  readonly samples: readonly number[];
}

/** A promise of performance.md, and what was measured. `measured` is null where one side is absent. */
export interface Target {
  readonly name: string;
  readonly relation: '>=' | '<=';
  readonly limit: number;
  readonly measured: number | null;
}

export interface CaseReport {
  /** What was measured, on what. */
  readonly title: string;
  readonly unit: 'GB/s' | 'ms' | 'MB';
  /** The row that all others are put in relation to. */
  readonly relativeTo: string | null;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  /** What a reader must know to judge the numbers. */
  readonly notes: readonly string[];
}

/** A file of `bench/cases/` exports one as `benchmark`; its name is the file's. */
export interface BenchCase {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Promise<CaseReport>;
}
