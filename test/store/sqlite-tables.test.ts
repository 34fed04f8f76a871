import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { asNobody, nobodysEnvironment } from '../support/as-nobody.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';
import { refusal } from './refusal.js';
import { built, idsSeen, insert } from './sqlite-root.js';
import { startWriter } from './sqlite-writer.js';

const test = suite('the sqlite engine');

test('an idle database, without a log or beside an empty one', async () => {
  const idle = built();
  assert.equal(readdirSync(idle.meta), ['meta.db']);
  assert.equal(await idsSeen(idle), ['ID0', 'ID1', 'ID2']);
  writeFileSync(`${idle.database}-wal`, '');
  assert.equal(await idsSeen(idle), ['ID0', 'ID1', 'ID2']);
  writeFileSync(`${idle.database}-shm`, '');
  assert.equal(await idsSeen(idle), ['ID0', 'ID1', 'ID2']);
});

test('rows of bytes and of text are read alike', async () => {
  for (const as of ['bytes', 'text'] as const) {
    const root = built({ as });
    const store = await openStore(root.location);
    assert.is((await store.snapshot('ID2')).name, 'n2', as);
    assert.equal(await store.resolve('a/b:v1'), { kind: 'found', id: 'ID1', by: 'name' });
    await store.close();
  }
});

needs(['sqlite3'], test, 'beside a live writer every committed row is seen, and no other', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run(insert('IN-THE-LOG'));
  assert.ok(existsSync(`${root.database}-shm`));
  assert.equal(await idsSeen(root), ['ID0', 'ID1', 'ID2', 'IN-THE-LOG']);
  await writer.run('BEGIN IMMEDIATE');
  await writer.run(insert('NOT-COMMITTED'));
  assert.equal(await idsSeen(root), ['ID0', 'ID1', 'ID2', 'IN-THE-LOG']);
  await writer.run('COMMIT');
  assert.equal(await idsSeen(root), ['ID0', 'ID1', 'ID2', 'IN-THE-LOG', 'NOT-COMMITTED']);
  await writer.end();
  assert.equal(readdirSync(root.meta), ['meta.db']);
  assert.is((await idsSeen(root)).length, 5);
});

needs(
  ['sqlite3'],
  test,
  'after kill -9 in a transaction what was committed is seen, the log’s index left there',
  async () => {
    const root = built();
    const writer = startWriter(root.database);
    await writer.run(insert('COMMITTED'));
    await writer.run('BEGIN IMMEDIATE');
    await writer.run(insert('LOST'));
    await writer.kill();
    assert.ok(existsSync(`${root.database}-shm`));
    assert.equal(await idsSeen(root), ['COMMITTED', 'ID0', 'ID1', 'ID2']);
  },
);

needs(
  ['sqlite3'],
  test,
  'an open store of an idle database sees what is committed later, however the files change',
  async () => {
    const root = built();
    const store = await openStore(root.location);
    const seen = async () => (await store.listSnapshots()).map(({ id }) => id);
    assert.equal(await seen(), ['ID0', 'ID1', 'ID2']);
    for (const id of ['A', 'B']) {
      const writer = startWriter(root.database);
      await writer.run(insert(id));
      await writer.end();
    }
    assert.equal(await seen(), ['A', 'B', 'ID0', 'ID1', 'ID2']);
    const writer = startWriter(root.database);
    await writer.run("DELETE FROM snapshots__records WHERE id = 'A'");
    await refusal(store.snapshot('A'), 'changed', /"A" is not there/);
    assert.equal(await seen(), ['B', 'ID0', 'ID1', 'ID2']);
    await store.close();
    await writer.end();
  },
);

needs(['sqlite3'], test, 'an open store of a database with a log keeps its generation', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run(insert('A'));
  const store = await openStore(root.location);
  await writer.run(insert('B'));
  await writer.run('PRAGMA wal_checkpoint(TRUNCATE)');
  await writer.end();
  assert.equal(
    (await store.listSnapshots()).map(({ id }) => id),
    ['A', 'ID0', 'ID1', 'ID2'],
  );
  await store.close();
  assert.equal(await idsSeen(root), ['A', 'B', 'ID0', 'ID1', 'ID2']);
});

needs(['sqlite3'], test, 'an open store stops no cocoon from folding its log', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run(insert('A'));
  const store = await openStore(root.location);
  await store.listSnapshots();
  await writer.end();
  assert.equal(readdirSync(root.meta), ['meta.db']);
  await store.close();
});

needs(['sqlite3'], test, 'whoever locks the database, it is read', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run('PRAGMA locking_mode = EXCLUSIVE');
  await writer.run(insert('A'));
  await writer.run('BEGIN EXCLUSIVE');
  await writer.run(insert('B'));
  assert.equal(await idsSeen(root), ['A', 'ID0', 'ID1', 'ID2']);
  await writer.kill();
  assert.equal(await idsSeen(root), ['A', 'ID0', 'ID1', 'ID2']);
});

needs(
  ['sqlite3'],
  test,
  'a burst of cocoons that come and go: every read is whole, nothing is left behind',
  async () => {
    const root = built();
    // Each ends the log that it began, while others begin theirs: what makes a reader see files appear and vanish.
    const line =
      'for i in $(seq 40); do sqlite3 -cmd ".timeout 9000" "$1" "INSERT INTO snapshots__records VALUES (\'$2\'||$i, \'{}\')"; done';
    const writers = ['X', 'Y'].map((word) =>
      spawn('sh', ['-c', line, 'sh', root.database, word], { stdio: 'inherit' }),
    );
    const ended = Promise.all(writers.map((writer) => once(writer, 'close')));
    let running = true;
    const end = ended.then(() => {
      running = false;
    });
    let rows = 0;
    while (running) {
      const store = await openStore(root.location);
      const list = await store.listSnapshots();
      assert.ok(list.length >= rows, `${list.length} after ${rows}`);
      rows = list.length;
      await store.close();
    }
    await end;
    assert.is((await idsSeen(root)).length, 83);
    assert.equal(readdirSync(root.meta), ['meta.db']);
  },
);

needs(['sqlite3'], test, 'an interrupted write with a rollback journal is not read over', async () => {
  const root = built();
  writeFileSync(`${root.database}-journal`, 'x');
  await refusal(openStore(root.location), 'metadata-unreadable', /rollback journal/);
  // How `PRAGMA journal_mode = PERSIST` ends a write.
  writeFileSync(`${root.database}-journal`, '\0\0\0\0\0\0\0\0\0\0\0\0rest');
  assert.is((await idsSeen(root)).length, 3);
  truncateSync(`${root.database}-journal`, 0);
  assert.is((await idsSeen(root)).length, 3);
});

const child = (location: unknown) => `
  import { openStore } from ${JSON.stringify(new URL('../../lib/store/open.ts', import.meta.url).href)};
  try {
    const store = await openStore(${JSON.stringify(location)});
    console.log((await store.listSnapshots()).map(({ id }) => id).join());
  } catch (error) {
    console.log(error.code, error.message);
  }`;

needs(['sqlite3', 'nobody'], test, 'somebody who may only read sees the same, in every state of the log', async () => {
  const root = built();
  for (const directory of [root.root, root.meta]) chmodSync(directory, 0o755);
  const seenByNobody = () => {
    const before = listing(root.meta);
    // The script of the loader is looked for where anybody may read.
    const words = [...asNobody, process.execPath, '--import', 'tsx', '--input-type=module', '-e'];
    const [command = '', ...args] = [...words, child(root.location)];
    const run = spawnSync(command, args, { encoding: 'utf8', env: nobodysEnvironment() });
    assert.equal(listing(root.meta), before);
    return `${run.stdout}${run.stderr}`.trim();
  };
  assert.is(seenByNobody(), 'ID0,ID1,ID2');
  const writer = startWriter(root.database);
  await writer.run(insert('NEW'));
  assert.is(seenByNobody(), 'ID0,ID1,ID2,NEW');
  await writer.kill();
  assert.is(seenByNobody(), 'ID0,ID1,ID2,NEW');
  rmSync(`${root.database}-shm`);
  assert.is(seenByNobody(), 'ID0,ID1,ID2,NEW');
  chmodSync(root.database, 0o600);
  assert.match(seenByNobody(), /^metadata-unreadable .*EACCES/);
  chmodSync(root.database, 0o644);
  chmodSync(root.meta, 0o700);
  assert.match(seenByNobody(), /^metadata-unreadable .*EACCES/);
});

test('a database that is a link is read where it leads, with the log that is there', async () => {
  const root = built();
  const elsewhere = join(temporaryDirectory(), 'real.db');
  renameSync(root.database, elsewhere);
  symlinkSync(elsewhere, root.database);
  assert.is((await idsSeen(root)).length, 3);
});

test('a database of other characters in its path is opened as it is called', async () => {
  assert.equal(await idsSeen(built({}, join(temporaryDirectory(), 'a b?c#d%20é'))), ['ID0', 'ID1', 'ID2']);
});

test.run();
