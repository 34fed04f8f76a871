import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { StoreLocation } from '../../lib/store/location.js';
import { openStore } from '../../lib/store/open.js';
import { type DatabaseSpec, writeDatabase } from '../builders/cocoon-database.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';

export interface Built {
  readonly root: string;
  readonly database: string;
  /** The directory of the database. */
  readonly meta: string;
  readonly location: StoreLocation;
}

/** A root whose database has the snapshots ID0, ID1 (`a/b:v1`) and ID2. */
export function built(spec: DatabaseSpec = {}, root = temporaryDirectory()): Built {
  const database = join(root, 'meta', 'meta.db');
  const records = { ID0: { name: 'n0' }, ID1: { name: 'n1' }, ID2: { name: 'n2' } };
  writeDatabase(database, { rows: { snapshots__records: records, snapshots__names: { 'a/b:v1': 'ID1' } }, ...spec });
  return { root, database, meta: dirname(database), location: { root, metaBackend: null } };
}

export const insert = (id: string) =>
  `INSERT INTO snapshots__records VALUES ('${id}', CAST('{"name": "new"}' AS BLOB))`;

/** Opens, reads and closes, and says what was seen; the directory must be the same before and after. */
export async function idsSeen({ location, meta }: Built): Promise<string[]> {
  const before = listing(meta);
  const store = await openStore(location);
  assert.is(store.engine, 'sqlite');
  const list = await store.listSnapshots();
  const first = list[0];
  if (first !== undefined) await store.snapshot(first.id);
  await store.resolve('a/b:v1');
  await store.allImages();
  await store.close();
  assert.equal(listing(meta), before);
  return list.map(({ id }) => id);
}
