import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HashedFile, hashFile } from '../../lib/digest/hash-file.js';
import { openState } from '../../lib/trust/state-directory.js';
import { type Asker, type Ledger, ledgerOf } from '../../lib/verify/ledger.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { BLOB, blobFile, fileOf, type Place, place } from '../trust/states.js';

const test = suite('what a run remembers');

async function started(): Promise<{ at: Place; path: string; hashed: HashedFile; ledger: Ledger }> {
  const at = await place();
  const path = blobFile(at);
  await settled(path);
  return { at, path, hashed: await hashFile(path), ledger: ledgerOf(at.state, '0.1.0') };
}

/** Makes the folder of a section one that others can write. */
function spoil(at: Place, section: 'seals' | 'receipts'): void {
  const folder = dirname(fileOf(at, section));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o777);
}

const asker = (path: string, onProgress: Asker['onProgress'] = () => {}): Asker => {
  return { path, bytes: 10, signal: undefined, onProgress };
};

test('a run that has remembered and been told nothing has no problem, and has taken no turn', async () => {
  const { ledger } = await started();
  assert.equal([...ledger.problems], []);
  assert.is(ledger.hasTakenTurn(), false);
  assert.is(ledger.isInTurn, false);
  assert.equal(await ledger.recall(BLOB), { seal: null, sealProblem: null, receipt: null });
  assert.equal([...ledger.problems], []);
});

needs(['receipts'], test, 'what is sealed and read is recalled', async () => {
  const { path, hashed, ledger } = await started();
  assert.is((await ledger.seal(BLOB, hashed, 'operator')).kind, 'written');
  await ledger.recordRead(BLOB, path, hashed, 'good', 'sound');
  const { seal, sealProblem, receipt } = await ledger.recall(BLOB);
  assert.equal(
    [seal?.digest, seal?.size, seal?.basis, sealProblem],
    [`sha256:${hashed.digest}`, 10_000, 'operator', null],
  );
  assert.equal([receipt?.result, receipt?.structure, receipt?.tool], ['good', 'sound', '0.1.0']);
  assert.is((await ledger.reseal(BLOB, hashed, 'operator')).kind, 'written');
  assert.is((await ledger.recall(BLOB)).seal?.history.length, 1);
  assert.equal([...ledger.problems], []);
});

test('a folder that others can write is told once, by whoever reads or writes there', async () => {
  for (const section of ['seals', 'receipts'] as const) {
    const told = async (work: (ledger: Ledger, path: string, hashed: HashedFile) => Promise<unknown>) => {
      const { at, path, hashed, ledger } = await started();
      spoil(at, section);
      await work(ledger, path, hashed);
      await work(ledger, path, hashed);
      return [...ledger.problems].map((problem) => problem.includes(dirname(fileOf(at, section))));
    };
    assert.equal(await told((ledger) => ledger.recall(BLOB)), [true], section);
    if (section === 'seals') {
      assert.equal(await told((ledger, _, hashed) => ledger.seal(BLOB, hashed, 'name')), [true]);
      assert.equal(await told((ledger, _, hashed) => ledger.reseal(BLOB, hashed, 'name')), [true]);
    } else {
      assert.equal(await told((ledger, path, hashed) => ledger.recordRead(BLOB, path, hashed, 'bad', 'unknown')), [
        true,
      ]);
    }
  }
});

test('a state directory that cannot be used is told from the beginning', async () => {
  const at = await place();
  mkdirSync(at.directory, { mode: 0o777 });
  chmodSync(at.directory, 0o777);
  const ledger = ledgerOf(await openState(at.directory, at.root), '0.1.0');
  assert.is(ledger.problems.size, 1);
  await ledger.recall(BLOB);
  assert.is(ledger.problems.size, 1);
});

needs(
  ['flock'],
  test,
  'a turn is one from the moment that it is asked for, and tells its progress to the asker',
  async () => {
    const { path, ledger } = await started();
    const told: number[] = [];
    const result = await ledger.whileReading(
      BLOB,
      asker(path, (_path, done) => told.push(done)),
      async (onProgress) => {
        assert.is(ledger.hasTakenTurn(), true);
        onProgress(path, 4, 10);
        onProgress(path, 10, 10);
        return 'read';
      },
    );
    assert.equal([result, told], ['read', [4, 10]]);
    assert.equal([...ledger.problems], []);
  },
);

test('without a place to lock the work is done all the same, and the reason is told', async () => {
  const at = await place();
  mkdirSync(at.directory, { mode: 0o700 });
  mkdirSync(`${at.directory}/locks`, { mode: 0o777 });
  chmodSync(`${at.directory}/locks`, 0o777);
  const ledger = ledgerOf(await openState(at.directory, at.root), '0.1.0');
  assert.is(await ledger.whileReading(BLOB, asker(blobFile(at)), async () => 'read'), 'read');
  assert.equal(
    [...ledger.problems].map((problem) => problem.includes('locks')),
    [true],
  );
});

test.run();
