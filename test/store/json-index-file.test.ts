import { existsSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { IndexTables } from '../../lib/store/json-index.js';
import { isStillIndexFile, readIndexFile } from '../../lib/store/json-index-file.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the file of an index');

const path = () => join(temporaryDirectory(), 'snapshots.json');
const indexOf = (id: string) => JSON.stringify({ snapshots: { [id]: {} } });

async function decoded(file: string): Promise<IndexTables> {
  const found = await readIndexFile(file);
  if (found?.decoded.kind !== 'ok') throw new Error('it is not decoded');
  return found.decoded.tables;
}

const idsIn = async (file: string) => (await decoded(file)).get('snapshots')?.keys();

async function atRest(file: string, text: string): Promise<void> {
  writeFileSync(file, text);
  await settled(file);
}

needs(['receipts'], test, 'one at rest is decoded once by a process', async () => {
  const file = path();
  await atRest(file, indexOf('a'));
  assert.is(await decoded(file), await decoded(file));
  const link = path();
  symlinkSync(file, link);
  assert.is(await decoded(link), await decoded(file));
});

test('one that is replaced, written to, cut short or gone is seen as it is, whatever its times say', async () => {
  const file = path();
  const changes: readonly [what: string, change: () => void, ids: readonly string[]][] = [
    [
      'replaced',
      () => {
        writeFileSync(`${file}.new`, indexOf('b'));
        renameSync(`${file}.new`, file);
      },
      ['b'],
    ],
    ['written to', () => writeFileSync(file, indexOf('b')), ['b']],
    ['longer', () => writeFileSync(file, `${indexOf('a').slice(0, -2)},"b":{}}}`), ['a', 'b']],
    ['empty tables', () => writeFileSync(file, '{}'), []],
  ];
  for (const [what, change, ids] of changes) {
    await atRest(file, indexOf('a'));
    assert.equal(await idsIn(file), ['a'], what);
    const { atime, mtime } = statSync(file);
    change();
    utimesSync(file, atime, mtime);
    assert.equal((await idsIn(file)) ?? [], ids, what);
  }
  await atRest(file, indexOf('a'));
  await decoded(file);
  writeFileSync(file, '{"snapshots":');
  assert.is((await readIndexFile(file))?.decoded.kind, 'undecodable');
  rmSync(file);
  assert.is(await readIndexFile(file), null);
});

test('a link that leads to another one is followed', async () => {
  const [one, other, link] = [path(), path(), path()];
  await atRest(one, indexOf('a'));
  await atRest(other, indexOf('b'));
  symlinkSync(one, link);
  assert.equal(await idsIn(link), ['a']);
  rmSync(link);
  symlinkSync(other, link);
  assert.equal(await idsIn(link), ['b']);
});

test('one that had changed a moment before is read again: another change could bear the same time', async () => {
  const file = path();
  for (;;) {
    writeFileSync(file, indexOf('a'));
    const first = await decoded(file);
    // A machine that was busy in between has let it settle.
    if (Date.now() > statSync(file).ctimeMs + 15) continue;
    assert.is.not(await decoded(file), first);
    return;
  }
});

needs(
  existsSync('/dev/shm') ? [] : ['/dev/shm'],
  test,
  'one in memory is read again: there a change may change no time',
  async () => {
    const directory = mkdtempSync('/dev/shm/blobcheck-test-');
    try {
      const file = join(directory, 'snapshots.json');
      await atRest(file, indexOf('a'));
      assert.is.not(await decoded(file), await decoded(file));
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

test('a name leads to it, or to none, as long as it does', async () => {
  const file = path();
  assert.ok(isStillIndexFile(file, null));
  await atRest(file, indexOf('a'));
  const { identity } = (await readIndexFile(file)) ?? { identity: null };
  assert.ok(isStillIndexFile(file, identity));
  assert.not(isStillIndexFile(file, null));
  writeFileSync(file, indexOf('b'));
  assert.not(isStillIndexFile(file, identity));
  rmSync(file);
  assert.not(isStillIndexFile(file, identity));
});

test.run();
