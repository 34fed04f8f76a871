import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildMutants } from './build-mutants.js';
import { recordReach } from './reach.js';
import { tryMutants } from './try-mutants.js';

const test = suite('try-mutants');

async function fatesWith(mutated: string, tests: readonly string[]) {
  const build = await buildMutants(tests, (file) => file === mutated);
  try {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const fates = await tryMutants(build.mutants, await recordReach(build, say), build.program, say);
    return { fates: [...fates.values()], said };
  } finally {
    build.remove();
  }
}

test('every mutant of the verdict is killed by its own tests', async () => {
  const { fates } = await fatesWith('lib/verify/verdict.ts', ['test/verify/verdict.test.ts']);
  assert.ok(fates.length > 10);
  assert.equal([...new Set(fates)], ['killed']);
});

test('what the tests of another file do not look at survives', async () => {
  const { fates } = await fatesWith('lib/verify/rules/blob-words.ts', ['test/verify/rules/blob-file.test.ts']);
  assert.ok(fates.includes('survived'), fates.join());
  assert.ok(fates.includes('killed'), fates.join());
});

test.run();
