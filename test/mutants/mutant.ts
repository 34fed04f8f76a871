/** A change of one file, built into the code behind a switch. */
export interface Mutant {
  /** From 1 on; 0 is the code as it stands. */
  readonly id: number;
  /** From the project's directory. */
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  /** The lines that it changes, as they stand and as it has them; what is indented or broken is made one space. */
  readonly was: string;
  readonly becomes: string;
}

/** What became of a mutant: no test runs it, no test fails of it, one does, or one does not end. */
export type Fate = 'unreached' | 'survived' | 'killed' | 'timed out';
