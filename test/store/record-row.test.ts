import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { recordRow } from '../../lib/store/record-row.js';
import { raw, writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('rows of which Go and we would take different values');

test('a key that Go takes for another makes the row undecodable, at whatever depth', () => {
  for (const [key, known] of [
    ['Data_Dir', 'data_dir'],
    ['PENDING', 'pending'],
    ['layer\u017f', 'layers'],
    ['dis\u212a', null],
    ['networ\u212a', 'network'],
    ['\u017fize', 'size'],
  ] as const) {
    const expected = known === null ? 'ok' : 'undecodable';
    for (const value of [{ [key]: 1 }, { a: [{ b: { [key]: 1 } }] }]) assert.is(recordRow(value).kind, expected, key);
  }
});

test('capitals in keys that are data, or that nobody reads, are none', () => {
  const record = {
    name: 'N',
    snapshot_ids: { ABCDEF: {} },
    laterField: 1,
    Data_Directory: 1,
    image_blob_ids: { AB: {} },
  };
  assert.equal(recordRow(record), { kind: 'ok', value: record });
});

const record = '{"name":"n","data_dir":"/healthy"}';
const hostile = [
  record.replace('}', ',"Data_Dir":"/hostile"}'),
  record.replace('}', ',"data_dir":"/hostile"}'),
  record.replace('data_dir', 'data_d\u0131r').replace('}', ',"DATA_DIR":"/hostile"}'),
];

test('such a record is never read, in either engine', async () => {
  for (const text of hostile) {
    const json = buildRoot({ directory: temporaryDirectory() });
    writeFileSync(
      join(json.directory, 'snapshot/db/snapshots.json'),
      `{"snapshots":{"ABC":${text}},"names":{"n":"ABC"}}`,
    );
    const database = temporaryDirectory();
    writeDatabase(join(database, 'meta/meta.db'), { rows: { snapshots__records: { ABC: raw(text) } } });
    for (const location of [json.location, { root: database, metaBackend: null }]) {
      const store = await openStore(location);
      await refusal(store.snapshot('ABC'), 'metadata-unreadable', /Go takes the key|repeated/);
      await store.close();
    }
  }
});

test('an index that can be read in two ways is not read in its previous generation either: cocoon reads this one', async () => {
  for (const text of [
    '{"snapshots":{},"Snapshots":{"ABC":{}}}',
    '{"snapshots":{},"snapshots":{"ABC":{}}}',
    '{"snapshot\u017f":{}}',
  ]) {
    const { directory, location } = buildRoot({ directory: temporaryDirectory() });
    const index = join(directory, 'snapshot/db/snapshots.json');
    writeFileSync(index, text);
    writeFileSync(`${index}.prev`, '{}');
    await refusal((await openStore(location)).listSnapshots(), 'metadata-unreadable', /in two ways/);
  }
});

test('a tombstone in two spellings is no lease that is rolled back', async () => {
  const { directory, location } = buildRoot({ directory: temporaryDirectory() });
  const text = '{"snapshots":{"ABC":{}},"tombstones":{"ABC":{"phase":"leased","Phase":"deleting"}}}';
  writeFileSync(join(directory, 'snapshot/db/snapshots.json'), text);
  await refusal((await openStore(location)).resolve('ABC'), 'metadata-unreadable', /tombstone/);
});

test.run();
