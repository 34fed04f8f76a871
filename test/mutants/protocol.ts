/** What a process with a loaded test file is asked to do. Tests are named by their place in the file. */
export type Request =
  | { readonly ask: 'record' }
  /** Runs tests with a mutant until one fails. */
  | { readonly ask: 'run'; readonly mutant: number; readonly tests: readonly number[] };

export type Reply =
  /** Once, when the file is loaded: the mutants that doing so has asked for. */
  | { readonly reply: 'loaded'; readonly reached: readonly number[] }
  | { readonly reply: 'recorded'; readonly tests: readonly RecordedTest[] }
  /** `doubtful`: it failed, and fails now without the mutant too, or nobody waited for what failed. */
  | { readonly reply: 'ran'; readonly outcome: 'survived' | 'killed' | 'doubtful' };

export interface RecordedTest {
  readonly name: string;
  readonly passed: boolean;
  readonly milliseconds: number;
  /** Milliseconds of processor time, which other work on the machine does not lengthen. */
  readonly processor: number;
  readonly reached: readonly number[];
}

/** One run of the command line in the thread of program-thread.ts. */
export interface ProgramRequest {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The one in force; 0 for none. */
  readonly mutant: number;
  /** Whether to say which were asked for. */
  readonly records: boolean;
}

export interface ProgramAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly reached: readonly number[];
}
