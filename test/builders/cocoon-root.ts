/** Builds a cocoon root as lib/sample lays it out, with the metadata of either engine. */

import { type BuiltRoot, type LayoutSpec, layOutRoot, writeJsonMetadata } from '../../lib/sample/root.js';
import { databaseFile } from '../../lib/store/layout.js';
import { writeDatabase } from './cocoon-database.js';

export interface RootSpec extends LayoutSpec {
  readonly engine?: 'json' | 'sqlite';
}

export function buildRoot(spec: RootSpec): BuiltRoot {
  const { built, tables } = layOutRoot(spec);
  if (spec.engine === 'sqlite') {
    writeDatabase(databaseFile(spec.directory), {
      rows: {
        snapshots__records: tables.records,
        snapshots__names: tables.names,
        snapshots__tombstones: tables.tombstones,
        images_cloudimg__records: tables.images,
      },
    });
  } else writeJsonMetadata(spec.directory, tables);
  return built;
}

export { type BuiltRoot, type ImageSpec, type Table, writeIndex } from '../../lib/sample/root.js';
export { idFor, MEMORY, type SnapshotFiles, type SnapshotSpec, STORAGE } from '../../lib/sample/snapshot.js';
