import type { Fate, Mutant } from './mutant.js';
import type { FileReach, TimedTest } from './reach.js';
import { sideBySide } from './side-by-side.js';
import { type Answer, startTestProcess, type TestProcess } from './test-process.js';

/** Milliseconds to load a test file. */
const LOADING_LIMIT_MS = 20_000;

/** A process with much behind it is slow and has filled its temporary directory. */
const RUNS_PER_PROCESS = 300;

/**
 * Milliseconds of tests that a mutant is tried with, so that what every run of the program asks for is not tried with all of
 * them; the quick test files come first.
 */
const BUDGET_MS = 10_000;

/** A test that takes that many times as long as without the mutant does not end. */
const limitOf = (tests: readonly TimedTest[]) =>
  4_000 + 20 * tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/**
 * Tries every mutant with the tests that reach it, quick test files first, until one fails. `program` is the built
 * test-child.ts.
 */
export async function tryMutants(
  mutants: readonly Mutant[],
  reaches: readonly FileReach[],
  program: string,
  say: (line: string) => void,
  save: (fates: ReadonlyMap<number, Fate>) => void = () => {},
): Promise<ReadonlyMap<number, Fate>> {
  const fates = new Map<number, Fate>(mutants.map(({ id }) => [id, 'unreached']));
  const isAlive = (id: number) => fates.get(id) === 'unreached' || fates.get(id) === 'survived';
  const note = (id: number, fate: Fate) => {
    if (isAlive(id)) fates.set(id, fate);
  };
  const left = new Map<number, number>(mutants.map(({ id }) => [id, BUDGET_MS]));
  const affordable = (id: number, tests: readonly TimedTest[]): readonly TimedTest[] => {
    let budget = left.get(id) ?? 0;
    const chosen = tests.filter(({ milliseconds }) => {
      if (budget <= 0) return false;
      budget -= milliseconds;
      return true;
    });
    left.set(id, budget);
    return chosen;
  };
  await sideBySide(reaches, async (reach) => {
    const ids = [...reach.byTests.keys()].filter((id) => !reach.byLoading.has(id) && isAlive(id));
    const worker = trier(program, reach);
    for (const id of ids) {
      if (!isAlive(id)) continue;
      const tests = affordable(id, reach.byTests.get(id) ?? []);
      if (tests.length > 0) note(id, await worker.fateOf(id, tests));
    }
    await worker.stop();
    if (ids.length > 0) say(`${reach.test}: ${ids.length} tried, ${ids.filter((id) => !isAlive(id)).length} killed`);
    save(fates);
  });
  const byLoading = mutants.filter(({ id }) => isAlive(id) && reaches.some((reach) => reach.byLoading.has(id)));
  await sideBySide(byLoading, async (mutant) => {
    for (const reach of reachesOfLoaded(mutant, mutants, reaches)) {
      if (isAlive(mutant.id)) note(mutant.id, await fateByLoading(program, reach, mutant.id));
    }
  });
  if (byLoading.length > 0) say(`${byLoading.length} tried that count while a file is loaded`);
  return fates;
}

/** Of the test files that ask for a mutant while they are loaded those that use its file afterwards; else all. */
function reachesOfLoaded(mutant: Mutant, mutants: readonly Mutant[], reaches: readonly FileReach[]) {
  const beside = mutants.filter(({ file }) => file === mutant.file).map(({ id }) => id);
  const loading = reaches.filter(({ byLoading }) => byLoading.has(mutant.id));
  const using = loading.filter(({ byTests }) => beside.some((id) => byTests.has(id)));
  return using.length > 0 ? using : loading;
}

/** Tries one mutant after the other in one process, as long as that stays clean. */
function trier(program: string, reach: FileReach) {
  let current: TestProcess | null = null;
  let runs = 0;
  const stop = async () => {
    await current?.stop();
    current = null;
    runs = 0;
  };
  const ask = async (id: number, tests: readonly TimedTest[]): Promise<Answer> => {
    current ??= await startTestProcess(program, reach.bundle, 0, LOADING_LIMIT_MS);
    runs += 1;
    return await current.ask({ ask: 'run', mutant: id, tests: tests.map(({ index }) => index) }, limitOf(tests));
  };
  const fateOf = async (id: number, tests: readonly TimedTest[]): Promise<Fate> => {
    if (runs >= RUNS_PER_PROCESS) await stop();
    let answer = await ask(id, tests);
    if (answer.reply === 'ran' && answer.outcome !== 'doubtful') return answer.outcome;
    // It may be the mutant before that has left something behind: a process of its own tells.
    const wasFirst = runs === 1;
    await stop();
    if (!wasFirst && answer.reply !== 'timed out') {
      answer = await ask(id, tests);
      if (answer.reply === 'ran' && answer.outcome !== 'doubtful') return answer.outcome;
      await stop();
    }
    return answer.reply === 'timed out' ? 'timed out' : 'killed';
  };
  return { fateOf, stop };
}

async function fateByLoading(program: string, { bundle, tests }: FileReach, id: number): Promise<Fate> {
  const process = await startTestProcess(program, bundle, id, LOADING_LIMIT_MS);
  const request = { ask: 'run', mutant: id, tests: tests.map(({ index }) => index) } as const;
  const answer = process.loaded.reply === 'loaded' ? await process.ask(request, limitOf(tests)) : process.loaded;
  await process.stop();
  if (answer.reply === 'timed out') return 'timed out';
  return answer.reply === 'ran' && answer.outcome === 'survived' ? 'survived' : 'killed';
}
