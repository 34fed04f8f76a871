import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { refusal } from './refusal.js';
import { built } from './sqlite-root.js';

const test = suite('rows of the database');

const digest = 'ab'.repeat(32);

/** Runs SQL on a built root's database. Not prepared: a statement that nobody collected keeps the log beside it. */
function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

test('an image is found by its digest, however its JSON spells that', async () => {
  const root = built();
  const entry = (ref: string, hex: string) => `{"ref": "${ref}", "content_sum": "sha256:${hex}", "size": 1}`;
  const put = (ref: string, hex: string) =>
    change(root.database, `INSERT INTO images_cloudimg__records VALUES ('${ref}', '${entry(ref, hex)}')`);
  put('plain', digest);
  put('escaped', `\\u0061${digest.slice(1)}`);
  put('other', `\\u0063${digest.slice(1)}`);
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

for (const encoding of ['UTF-8', 'UTF-16le', 'UTF-16be']) {
  test(`a text is read beyond its first NUL, as cocoon reads it (${encoding})`, async () => {
    const root = built({ encoding, rows: {} });
    // SQL, since the library's own texts end at a NUL.
    const put = (id: string, data: string) =>
      change(root.database, `INSERT INTO snapshots__records VALUES (${id}, ${data})`);
    put("'AAAé' || char(0)", `'{"id": "x"}'`);
    put("'torn'", `'{"id": "x"}' || char(0) || 'more'`);
    const store = await openStore(root.location);
    try {
      assert.equal(await store.resolve('AAA'), { kind: 'found', id: 'AAAé\0', by: 'prefix' });
      assert.equal(await store.resolve('AAAé\0'), { kind: 'found', id: 'AAAé\0', by: 'id' });
      await refusal(store.snapshot('torn'), 'metadata-unreadable', 'after JSON');
    } finally {
      await store.close();
    }
  });
}

test('rows of more bytes than an index may have are not read', async () => {
  const limit = 256 * 1024 * 1024;
  const root = built();
  change(root.database, `INSERT INTO snapshots__records VALUES ('large', zeroblob(${limit + 1}))`);
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
