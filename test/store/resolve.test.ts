import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot, writeIndex } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('what a reference leads to');

interface Tables {
  readonly snapshots: Record<string, unknown>;
  readonly names?: Record<string, unknown>;
  readonly tombstones?: Record<string, unknown>;
}

async function storesOf({ snapshots, names = {}, tombstones = {} }: Tables): Promise<Store[]> {
  const json = buildRoot({ directory: temporaryDirectory() });
  writeIndex(join(json.directory, 'snapshot', 'db', 'snapshots.json'), { snapshots, names, tombstones });
  const sqlite = temporaryDirectory();
  writeDatabase(join(sqlite, 'meta', 'meta.db'), {
    rows: { snapshots__records: snapshots, snapshots__names: names, snapshots__tombstones: tombstones },
  });
  return [await openStore(json.location), await openStore({ root: sqlite, metaBackend: null })];
}

/** Both engines must say the same. */
async function resolutions(tables: Tables, cases: Record<string, unknown>): Promise<void> {
  for (const store of await storesOf(tables)) {
    for (const [ref, expected] of Object.entries(cases)) {
      assert.equal(await store.resolve(ref), expected, `${ref} (${store.engine})`);
    }
    await store.close();
  }
}

const nothing = { kind: 'not-found', deletingId: null };
const found = (id: string, by: string) => ({ kind: 'found', id, by });

test('exact id, then exact name, then unambiguous prefix of three characters', async () => {
  await resolutions(
    {
      snapshots: { ABCD: {}, ABEF: {}, XYZW: {}, NAMED: {} },
      names: { 'simular/win11:v1': 'NAMED', XYZW: 'ABCD', ABC: 'NAMED' },
    },
    {
      ABCD: found('ABCD', 'id'),
      XYZW: found('XYZW', 'id'),
      'simular/win11:v1': found('NAMED', 'name'),
      ABC: found('NAMED', 'name'),
      ABE: found('ABEF', 'prefix'),
      XYZ: found('XYZW', 'prefix'),
      AB: nothing,
      XY: nothing,
      abc: nothing,
      'simular/win11': nothing,
      ABCDE: nothing,
      '': nothing,
    },
  );
});

test('a prefix of two ids is ambiguous; a name of that spelling is not', async () => {
  await resolutions(
    { snapshots: { ABCD: {}, ABCE: {} }, names: { ABCX: 'ABCD' } },
    { ABC: { kind: 'ambiguous', ids: ['ABCD', 'ABCE'] }, ABCX: found('ABCD', 'name'), ABCD: found('ABCD', 'id') },
  );
});

test('three characters are three bytes, as Go counts', async () => {
  await resolutions({ snapshots: { éxy: {} } }, { éx: found('éxy', 'prefix'), é: nothing });
});

test('a prefix ends before the next id in order', async () => {
  await resolutions(
    { snapshots: { 'abc%': {}, abd: {}, ab_c: {}, abcé: {} } },
    { 'abc%': found('abc%', 'id'), ab_: found('ab_c', 'prefix'), abcé: found('abcé', 'id'), 'ab%': nothing },
  );
});

test('a name whose record is gone is no name, and the prefix is tried', async () => {
  await resolutions(
    { snapshots: { ABCD: {} }, names: { lost: 'GONE', ABC: 'GONE' } },
    { lost: nothing, ABC: found('ABCD', 'prefix') },
  );
});

test('a pending snapshot is resolved like any other, and then is pending', async () => {
  await resolutions(
    { snapshots: { ABCD: { pending: true }, ABCE: { pending: false } }, names: { p: 'ABCD' } },
    {
      p: { kind: 'pending', id: 'ABCD' },
      ABCD: { kind: 'pending', id: 'ABCD' },
      ABC: { kind: 'ambiguous', ids: ['ABCD', 'ABCE'] },
      ABCE: found('ABCE', 'id'),
    },
  );
});

test('a null record is absent, but takes part in the search by prefix', async () => {
  await resolutions(
    { snapshots: { ABCD: null, XYZ1: {}, XYZ2: null }, names: { n: 'ABCD' } },
    { ABCD: nothing, n: nothing, ABC: nothing, XYZ: { kind: 'ambiguous', ids: ['XYZ1', 'XYZ2'] } },
  );
});

test('a tombstone in the phase "deleting" is the end, one in the phase "leased" is rolled back', async () => {
  await resolutions(
    {
      snapshots: { DELD: {}, LEAS: {} },
      names: { d: 'DELD', l: 'LEAS' },
      tombstones: { DELD: { phase: 'deleting' }, LEAS: { phase: 'leased' } },
    },
    {
      d: { kind: 'not-found', deletingId: 'DELD' },
      DEL: { kind: 'not-found', deletingId: 'DELD' },
      l: found('LEAS', 'name'),
    },
  );
});

test('an unreadable tombstone or name is refused where it is met, and nowhere else', async () => {
  const tables = {
    snapshots: { BADT: {}, GOOD: {} },
    names: { bad: 7, good: 'GOOD' },
    tombstones: { BADT: { phase: 'unknown' } },
  };
  for (const store of await storesOf(tables)) {
    await refusal(store.resolve('BADT'), 'metadata-unreadable', /tombstone of snapshot "BADT"/);
    await refusal(store.resolve('bad'), 'metadata-unreadable', /snapshot name "bad" .* not a string/);
    assert.equal(await store.resolve('good'), found('GOOD', 'name'));
    assert.is((await store.listSnapshots()).length, 2);
  }
});

test('names of JavaScript’s own are names like any other', async () => {
  const snapshots = JSON.parse('{"__proto__": {"name": "x"}, "constructor": {}}') as Record<string, unknown>;
  const names = JSON.parse('{"toString": "__proto__"}') as Record<string, unknown>;
  await resolutions(
    { snapshots, names },
    {
      ['__proto__']: found('__proto__', 'id'),
      constructor: found('constructor', 'id'),
      toString: found('__proto__', 'name'),
      hasOwnProperty: nothing,
    },
  );
  await resolutions({ snapshots: {} }, { ['__proto__']: nothing, constructor: nothing });
});

test('what looks like a path, an option or SQL is a name', async () => {
  const odd = ["'; DROP TABLE snapshots__records; --", '../../etc/passwd', '-x', '--all', "x'00'", 'a\nb', '%', '*'];
  await resolutions(
    { snapshots: { ODD: {} }, names: Object.fromEntries(odd.map((name) => [name, 'ODD'])) },
    Object.fromEntries(odd.map((name) => [name, found('ODD', 'name')])),
  );
});

test('the list has every snapshot by id, with what its record says unchecked', async () => {
  const tables = {
    snapshots: {
      B: { name: 'b:v1' },
      A: { name: 7 },
      C: { pending: true, name: 'c' },
      D: null,
      E: 'text',
      F: {},
      G: {},
      H: {},
    },
    tombstones: { F: { phase: 'deleting' }, G: { phase: 'unknown' }, H: { phase: 'leased' } },
  };
  const plain = { pending: false, deletion: 'none' };
  for (const store of await storesOf(tables)) {
    assert.equal(await store.listSnapshots(), [
      { id: 'A', name: '', ...plain },
      { id: 'B', name: 'b:v1', ...plain },
      { id: 'C', name: 'c', pending: true, deletion: 'none' },
      { id: 'E', name: '', ...plain },
      { id: 'F', name: '', pending: false, deletion: 'deleting' },
      { id: 'G', name: '', pending: false, deletion: 'unreadable' },
      { id: 'H', name: '', pending: false, deletion: 'none' },
    ]);
  }
});

test.run();
