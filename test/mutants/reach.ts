import type { MutantBuild } from './build-mutants.js';
import { sideBySide } from './side-by-side.js';
import { startTestProcess } from './test-process.js';

/** Which tests of a file a mutant is to be tried with. */
export interface FileReach {
  readonly test: string;
  readonly bundle: string;
  /** Milliseconds of all its tests. */
  readonly milliseconds: number;
  /** Mutants that loading the file asks for: a process of their own, and all tests. */
  readonly byLoading: ReadonlySet<number>;
  /** The tests that ask for a mutant, the quickest first. */
  readonly byTests: ReadonlyMap<number, readonly TimedTest[]>;
  readonly tests: readonly TimedTest[];
}

export interface TimedTest {
  readonly index: number;
  readonly milliseconds: number;
}

/** A test that takes longer, by its own work or by waiting for others, is no test to run for each of hundreds of mutants. */
const SLOW_PROCESSOR_MS = 2_500;
const SLOW_TEST_MS = 8_000;

/** A test file may make much; what takes longer than this is no quick test of anything. */
const RECORDING_LIMIT_MS = 300_000;

/** Runs every test once and notes which mutants it asks for. What fails without a mutant proves nothing with one. */
export async function recordReach(build: MutantBuild, say: (line: string) => void): Promise<readonly FileReach[]> {
  const reaches: FileReach[] = [];
  await sideBySide([...build.bundles], async ([test, bundle]) => {
    const process = await startTestProcess(build.program, bundle, 0, RECORDING_LIMIT_MS);
    const answer =
      process.loaded.reply === 'loaded' ? await process.ask({ ask: 'record' }, RECORDING_LIMIT_MS) : process.loaded;
    await process.stop();
    if (process.loaded.reply !== 'loaded' || answer.reply !== 'recorded') {
      say(`${test}: left out, since it ${answer.reply}`);
      return;
    }
    const placed = answer.tests.map((recorded, index) => ({ ...recorded, index }));
    const failed = placed.filter(({ passed }) => !passed);
    if (failed.length > 0) {
      say(`${test}: left out, since they fail in this build: ${failed.map(({ name }) => name).join('; ')}`);
    }
    const usable = placed.filter(({ passed, milliseconds, processor }) => {
      return passed && milliseconds <= SLOW_TEST_MS && processor <= SLOW_PROCESSOR_MS;
    });
    const quickFirst = usable.sort((a, b) => a.milliseconds - b.milliseconds);
    const byTests = new Map<number, TimedTest[]>();
    for (const { index, milliseconds, reached } of quickFirst) {
      for (const id of reached) {
        const list = byTests.get(id) ?? [];
        list.push({ index, milliseconds });
        byTests.set(id, list);
      }
    }
    const milliseconds = quickFirst.reduce((sum, recorded) => sum + recorded.milliseconds, 0);
    const byLoading = new Set(process.loaded.reached);
    say(`${test}: ${answer.tests.length} tests, ${Math.round(milliseconds)} ms, ${byTests.size} mutants`);
    const tests = quickFirst.map(({ index, milliseconds }) => ({ index, milliseconds }));
    reaches.push({ test, bundle, milliseconds, byLoading, byTests, tests });
  });
  return reaches.sort((a, b) => a.milliseconds - b.milliseconds);
}
