import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { needs } from '../support/requires.js';
import { refusal } from './refusal.js';
import { built, idsSeen, insert } from './sqlite-root.js';
import { startWriter } from './sqlite-writer.js';

const test = suite('the private copy of a database');

/** Copies of databases in the temporary directory: ours are gone when a store is open. */
const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('blobcheck-meta-'));

needs(['sqlite3'], test, 'a log without its index is read in a private copy that is gone afterwards', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run(insert('COMMITTED'));
  await writer.kill();
  rmSync(`${root.database}-shm`);
  const before = copies();
  const store = await openStore(root.location);
  assert.equal(copies(), before);
  assert.equal(
    (await store.listSnapshots()).map(({ id }) => id),
    ['COMMITTED', 'ID0', 'ID1', 'ID2'],
  );
  assert.is((await store.snapshot('COMMITTED')).name, 'new');
  await store.close();
  assert.equal(await idsSeen(root), ['COMMITTED', 'ID0', 'ID1', 'ID2']);
  assert.equal(readdirSync(root.meta).sort(), ['meta.db', 'meta.db-wal']);

  const aborted = AbortSignal.abort();
  await refusal(openStore(root.location, { signal: aborted }), 'aborted', /interrupted/);
  truncateSync(root.database, 1024 ** 3);
  await refusal(openStore(root.location), 'metadata-unreadable', /too many to copy/);
  assert.equal(copies(), before);
});

needs(['sqlite3'], test, 'a torn end of the log is no row, and the rest is', async () => {
  const root = built();
  const writer = startWriter(root.database);
  await writer.run(insert('WHOLE'));
  await writer.run(insert('TORN'));
  await writer.kill();
  rmSync(`${root.database}-shm`);
  const wal = `${root.database}-wal`;
  truncateSync(wal, statSync(wal).size - 100);
  assert.equal(await idsSeen(root), ['ID0', 'ID1', 'ID2', 'WHOLE']);
});

needs(['sqlite3'], test, 'what is wrong with a copy is said of the database itself', async () => {
  const root = built({ userVersion: 2 });
  const writer = startWriter(root.database);
  await writer.run(insert('A'));
  const error = await refusal(openStore(root.location), 'metadata-newer', /version 2/);
  assert.is(error.path, root.database);
  await writer.end();
});

test.run();
