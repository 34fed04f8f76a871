import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { atCocoonsPathNeeds, runAtCocoonsPath, unpackRealRoot } from '../support/at-cocoons-path.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('131 overlays, and what the real programs did with each');

const project = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(project, 'test/fixtures/overlays');

interface Judged {
  readonly name: string;
  readonly verdict: string;
  readonly findings: readonly { code: string; severity: string }[];
}

/** The verdict that each overlay must get: the second column of the table. */
function wanted(): Map<string, string> {
  const [, ...rows] = readFileSync(join(fixtures, 'overlays.tsv'), 'utf8').trimEnd().split('\n');
  return new Map(rows.map((row) => row.split('\t').slice(0, 2) as [string, string]));
}

function judgeAll(): Judged[] {
  const overlays = temporaryDirectory();
  const unpacked = spawnSync('tar', ['-xzSf', join(fixtures, 'overlays.tar.gz'), '-C', overlays]);
  assert.is(unpacked.status, 0);
  const program = join(project, 'test/real/judge-overlays.ts');
  const argv = [process.execPath, '--import', 'tsx', program, overlays, 'simular/win11:v1', temporaryDirectory()];
  const run = runAtCocoonsPath(unpackRealRoot(), argv);
  assert.is(run.status, 0, run.stderr);
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

needs(atCocoonsPathNeeds, test, 'each gets its verdict, and each denial a code of severity error', () => {
  const expected = wanted();
  const judged = judgeAll();
  assert.is(judged.length, 131);
  assert.equal(judged.map(({ name }) => name).sort(), [...expected.keys()].sort());
  const wrong = judged.filter(({ name, verdict }) => expected.get(name) !== 'any' && expected.get(name) !== verdict);
  assert.equal(wrong, []);
  for (const { name, verdict, findings } of judged) {
    assert.is(
      findings.some(({ severity }) => severity === 'error'),
      verdict === 'deny',
      name,
    );
  }
  const unflushed = judged.filter(({ findings }) => findings.some(({ code }) => code === 'overlay-unflushed'));
  assert.equal(unflushed.map(({ name }) => name).sort(), ['written-partly', 'written-unflushed']);
});

test.run();
