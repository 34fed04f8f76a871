import { basename, dirname } from 'node:path';
import type { Fate, Mutant } from './mutant.js';
import type { FileReach, TimedTest } from './reach.js';
import { sideBySide } from './side-by-side.js';
import { type Answer, startTestProcess, type TestProcess } from './test-process.js';

/** Milliseconds to load a test file. */
const LOADING_LIMIT_MS = 20_000;

/** A process with much behind it is slow and has filled its temporary directory. */
const RUNS_PER_PROCESS = 50;

/**
 * Milliseconds of tests that a mutant is tried with beside those of its own file, so that what every run of the program asks
 * for is not tried with all of them; the quick test files come first.
 */
const BUDGET_MS = 3_000;

/** Milliseconds of test files for one that counts while they are loaded, and of a start of each. */
const LOADED_BUDGET_MS = 60_000;
const START_MS = 500;

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
  const files = new Map(mutants.map(({ id, file }) => [id, file]));
  const tryWith = async (
    reach: FileReach,
    isWanted: (id: number) => boolean,
    choose: (id: number) => readonly TimedTest[],
  ) => {
    const ids = [...reach.byTests.keys()].filter((id) => !reach.byLoading.has(id) && isAlive(id) && isWanted(id));
    const worker = trier(program, reach);
    for (const id of ids) {
      const tests = isAlive(id) ? choose(id) : [];
      if (tests.length > 0) note(id, await worker.fateOf(id, tests));
    }
    await worker.stop();
    if (ids.length > 0) say(`${reach.test}: ${ids.length} tried, ${ids.filter((id) => !isAlive(id)).length} killed`);
    save(fates);
  };
  const isOwn = (id: number, { test }: FileReach) => areNamedAlike(files.get(id) ?? '', test);
  await sideBySide(reaches, async (reach) => {
    await tryWith(
      reach,
      (id) => isOwn(id, reach),
      (id) => reach.byTests.get(id) ?? [],
    );
  });
  const budgets = new Map<number, number>();
  await sideBySide(reaches, async (reach) => {
    await tryWith(
      reach,
      (id) => !isOwn(id, reach) && (budgets.get(id) ?? BUDGET_MS) > 0,
      (id) => {
        const { chosen, left } = affordable(reach.byTests.get(id) ?? [], budgets.get(id) ?? BUDGET_MS);
        budgets.set(id, left);
        return chosen;
      },
    );
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

/** Whether a test file is that of a file of lib, or of one part of it: blob-content.test.ts and blob.ts. */
function areNamedAlike(file: string, test: string): boolean {
  const [ours, tests] = [basename(file, '.ts'), basename(test, '.test.ts')];
  return ours.startsWith(tests) || tests.startsWith(ours);
}

/** The first tests of a list, up to the one with which the budget is used up. */
function affordable(tests: readonly TimedTest[], budget: number) {
  let left = budget;
  const chosen = tests.filter(({ milliseconds }) => {
    if (left <= 0) return false;
    left -= milliseconds;
    return true;
  });
  return { chosen, left };
}

/**
 * The test files that ask for a mutant while they are loaded, as many as there is time for: first those of its file, then
 * those of its room, then those that use its file afterwards.
 */
function reachesOfLoaded(mutant: Mutant, mutants: readonly Mutant[], reaches: readonly FileReach[]) {
  const beside = mutants.filter(({ file }) => file === mutant.file).map(({ id }) => id);
  const distance = ({ test, byTests }: FileReach) => {
    if (areNamedAlike(mutant.file, test)) return 0;
    if (dirname(test) === dirname(mutant.file).replace('lib', 'test')) return 1;
    return beside.some((id) => byTests.has(id)) ? 2 : 3;
  };
  const loading = reaches.filter(({ byLoading }) => byLoading.has(mutant.id));
  const nearFirst = loading.sort((a, b) => distance(a) - distance(b) || a.milliseconds - b.milliseconds);
  let left = LOADED_BUDGET_MS;
  return nearFirst.filter(({ milliseconds }) => {
    if (left <= 0) return false;
    left -= START_MS + milliseconds;
    return true;
  });
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
