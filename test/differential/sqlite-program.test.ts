import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { amount, tally } from '../long/amount.js';
import { listing } from '../store/listing.js';
import { startWriter } from '../store/sqlite-writer.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('databases that the sqlite3 program has written');

const journals = ['wal', 'delete', 'truncate', 'persist', 'memory', 'off'] as const;
const encodings = ['UTF-8', 'UTF-16le', 'UTF-16be'] as const;
/** What stands in `data`: bytes as cocoon binds them, or text. */
const kinds = ['bytes', 'text'] as const;
/** Whether the program has ended, still has the database open, or was killed in a transaction. */
const ends = ['ended', 'open', 'killed'] as const;

interface Way {
  readonly page: number;
  readonly journal: (typeof journals)[number];
  readonly vacuum: number;
  readonly encoding: (typeof encodings)[number];
  readonly kind: (typeof kinds)[number];
  readonly end: (typeof ends)[number];
}

function everyWay(): readonly Way[] {
  const ways: Way[] = [];
  for (const page of [512, 1024, 4096, 65_536])
    for (const journal of journals)
      for (const vacuum of [0, 1, 2])
        for (const encoding of encodings)
          for (const kind of kinds) for (const end of ends) ways.push({ page, journal, vacuum, encoding, kind, end });
  return ways;
}

/** Every value of each setting among the first few, and most pairs of them. */
const ways = () => everyWay().filter((_, at) => (at * 7919) % 1296 < amount(18, 1296));

const digest = (byte: string) => `sha256:${byte.repeat(32)}`;
const names = ['app:v1', "it's", 'é/ü:😀', 'a\nb', '__proto__', '%_', 'x'.repeat(3000)];
const records = Object.fromEntries(
  names.map((name, at) => [
    `ID${at}`,
    { id: `ID${at}`, name, memory: 2 ** at, data_dir: `/d/${name}`, image_digest: digest('ab') },
  ]),
);
const images = Object.fromEntries(
  names.map((name, at) => [name, { ref: name, content_sum: digest(`a${at}`), size: at }]),
);
const later = { id: 'LATER', name: 'later', memory: 1, data_dir: '/d/later', image_digest: digest('ab') };

const tables = [
  ...['snapshots__records', 'snapshots__names', 'snapshots__tombstones', 'images_oci__records'],
  ...['images_cloudimg__records', 'vms_cloudhypervisor__records', 'vms_cloudhypervisor__names'],
  ...['vms_firecracker__records', 'vms_firecracker__names'],
];
const namespaces = ['snapshots', 'images_cloudimg', 'images_oci', 'vms_cloudhypervisor', 'vms_firecracker'];

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const sqlData = (value: unknown, kind: Way['kind']) =>
  kind === 'text' ? sqlText(JSON.stringify(value)) : `x'${Buffer.from(JSON.stringify(value)).toString('hex')}'`;
const insert = (table: string, id: string, value: unknown, { kind }: Way) =>
  `INSERT INTO ${table} VALUES (${sqlText(id)}, ${sqlData(value, kind)});`;

function schema(way: Way): string {
  return [
    `PRAGMA encoding = '${way.encoding}'; PRAGMA page_size = ${way.page}; PRAGMA auto_vacuum = ${way.vacuum};`,
    `PRAGMA journal_mode = ${way.journal}; PRAGMA application_id = ${0x434f434e}; PRAGMA user_version = 1;`,
    'BEGIN; CREATE TABLE meta_state (namespace TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL);',
    ...namespaces.map((name) => `INSERT INTO meta_state VALUES ('${name}', 'initialized');`),
    ...tables.map((name) => `CREATE TABLE ${name} (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL);`),
    ...Object.entries(records).map(([id, record]) => insert('snapshots__records', id, record, way)),
    ...Object.entries(records).map(([id, { name }]) => insert('snapshots__names', name, id, way)),
    ...Object.entries(images).map(([ref, image]) => insert('images_cloudimg__records', ref, image, way)),
    'COMMIT;',
  ].join('\n');
}

/** All that a store says must be what was written. */
async function assertRead(root: string, expected: typeof records, what: string): Promise<void> {
  const before = listing(join(root, 'meta'));
  const store = await openStore({ root, metaBackend: null });
  try {
    const list = await store.listSnapshots();
    assert.equal(
      list.map(({ id }) => id),
      Object.keys(expected).sort(),
      what,
    );
    for (const [id, written] of Object.entries(expected)) {
      const { name, memory, dataDir, imageDigest } = await store.snapshot(id);
      const read = { id, name, memory, data_dir: dataDir, image_digest: imageDigest };
      assert.equal(read, written, what);
      assert.equal(await store.resolve(written.name), { kind: 'found', id, by: 'name' }, what);
    }
    assert.equal(
      await store.resolve('LAT'),
      'LATER' in expected ? { kind: 'found', id: 'LATER', by: 'prefix' } : { kind: 'not-found', deletingId: null },
    );
    assert.is((await store.resolve('ID')).kind, 'not-found', what);
    for (const [ref, { content_sum, size }] of Object.entries(images)) {
      const [image, ...others] = await store.imagesByDigest(content_sum.slice('sha256:'.length));
      assert.equal([image?.ref, image?.kind === 'cloudimg' && image.size, others.length], [ref, size, 0], what);
    }
  } finally {
    await store.close();
  }
  assert.equal(listing(join(root, 'meta')), before, what);
}

/** Runs `check` beside a program that has the database open, or after it was killed. */
async function withWriter(database: string, way: Way, check: () => Promise<void>): Promise<void> {
  const writer = startWriter(database);
  try {
    await writer.run(schema(way).replace(/;\s*$/, ''));
    await writer.run(insert('snapshots__records', 'LATER', later, way).slice(0, -1));
    await writer.run(insert('snapshots__names', 'later', 'LATER', way).slice(0, -1));
    // A transaction that is open changes nothing before it ends, but for what keeps no journal.
    if (way.journal === 'wal') {
      await writer.run('BEGIN IMMEDIATE');
      await writer.run("INSERT INTO snapshots__records VALUES ('LOST', x'7b7d')");
    }
    if (way.end === 'killed') await writer.kill();
    await check();
    if (way.end === 'open') await writer.end();
  } catch (error) {
    await writer.kill();
    throw error;
  }
}

needs(
  ['sqlite3'],
  test,
  'have the records that were written, whatever their settings, also beside their writer',
  async () => {
    const directory = temporaryDirectory();
    const tried = ways();
    for (const [at, way] of tried.entries()) {
      const root = join(directory, String(at));
      const database = join(root, 'meta/meta.db');
      mkdirSync(dirname(database), { recursive: true });
      const what = JSON.stringify(way);
      if (way.end === 'ended') {
        const run = spawnSync('sqlite3', ['-bail', database], { input: schema(way), encoding: 'utf8' });
        assert.is(run.status, 0, run.stderr);
        await assertRead(root, records, what);
      } else {
        await withWriter(database, way, async () => assertRead(root, { ...records, LATER: later }, what));
      }
      rmSync(root, { recursive: true });
    }
    tally('databases of the sqlite3 program', { databases: tried.length, 'read otherwise': 0 });
  },
);

test.run();
