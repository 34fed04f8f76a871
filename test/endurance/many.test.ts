import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { manySnapshots } from '../../bench/many-snapshots.js';
import { maxResidentBytes, run } from '../../bench/program.js';
import { hookEnvironment, preClone } from '../cli/hooked.js';
import { amount, tally } from '../long/amount.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a root of many snapshots');

const SNAPSHOTS = amount(200, 100_000);
const BASES = amount(20, 2000);

/** Bytes: what Node and the program take, and what each snapshot may take until its line is printed. */
const BOUND = 220e6 + SNAPSHOTS * 14_000;

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    ['receipts'],
    test,
    `${engine}: all of them are judged, in memory that grows with their number alone`,
    async () => {
      const root = temporaryDirectory();
      const { one } = manySnapshots(root, { snapshots: SNAPSHOTS, bases: BASES, engine });
      const state = temporaryDirectory();
      const options = ['--root-dir', root, '--state-dir', state];
      await settled(join(root, 'cloudimg/blobs'));
      const words = [process.execPath, program, 'verify', '--all', ...options];
      const { stdout, seconds } = await run(words);
      assert.match(stdout, `${SNAPSHOTS} snapshots: ${SNAPSHOTS} allowed, 0 denied`);
      const started = performance.now();
      const bytes = await maxResidentBytes(words);
      const next = (performance.now() - started) / 1000;
      assert.ok(bytes < BOUND, `${bytes} bytes are more than ${BOUND}`);
      const hook = await askTwice(root, state, one);
      tally(`a root of many snapshots (${engine})`, {
        snapshots: SNAPSHOTS,
        bases: BASES,
        'seconds of the first verify --all': Math.round(seconds),
        'of the next one': Math.round(next),
        'MB resident at most': Math.round(bytes / 1e6),
        'ms of a cold hook': hook.cold,
        'ms of a warm one': hook.warm,
      });
    },
  );
}

/** A cold hook, which leaves a stamp, and a warm one; milliseconds. */
async function askTwice(root: string, state: string, ref: string): Promise<{ cold: number; warm: number }> {
  const env = hookEnvironment({ BLOBCHECK_STATE_DIR: state });
  const ask = async () => {
    const { seconds } = await run(['sh', preClone, '--root-dir', root, ref], { env });
    return Math.round(seconds * 1000);
  };
  return { cold: await ask(), warm: await ask() };
}

test.run();
