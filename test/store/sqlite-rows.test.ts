import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { refusal } from './refusal.js';
import { built } from './sqlite-root.js';

const test = suite('rows of the database');

const digest = 'ab'.repeat(32);

/** Runs SQL on a built root's database. */
function change(path: string, sql: string, ...values: readonly (string | number)[]): void {
  const database = new DatabaseSync(path);
  database.prepare(sql).run(...values);
  database.close();
}

const putImage = 'INSERT INTO images_cloudimg__records VALUES (?, ?)';

test('an image is found by its digest, however its JSON spells that', async () => {
  const root = built();
  const entry = (ref: string, hex: string) => `{"ref": "${ref}", "content_sum": "sha256:${hex}", "size": 1}`;
  change(root.database, putImage, 'plain', entry('plain', digest));
  change(root.database, putImage, 'escaped', entry('escaped', `\\u0061${digest.slice(1)}`));
  change(root.database, putImage, 'other', entry('other', `\\u0063${digest.slice(1)}`));
  const store = await openStore(root.location);
  try {
    const found = await store.imagesByDigest(digest);
    assert.equal(
      found.map(({ ref }) => ref),
      ['escaped', 'plain'],
    );
  } finally {
    await store.close();
  }
});

test('rows of more bytes than an index may have are not read', async () => {
  const limit = 256 * 1024 * 1024;
  const root = built();
  change(root.database, 'INSERT INTO snapshots__records VALUES (?, zeroblob(?))', 'large', limit + 1);
  const store = await openStore(root.location);
  try {
    await refusal(store.snapshot('large'), 'metadata-unreadable', `rows of ${limit + 1} bytes are more than ${limit}`);
    await refusal(store.listSnapshots(), 'metadata-unreadable', `bytes are more than ${limit}`);
    assert.equal(await store.imagesByDigest(digest), []);
  } finally {
    await store.close();
  }
});

test.run();
