import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOutRoot, writeJsonMetadata } from '../lib/sample/root.js';
import { idFor, type SnapshotSpec, snapshotFiles } from '../lib/sample/snapshot.js';
import { databaseFile, snapshotIndex, snapshotParent } from '../lib/store/layout.js';
import { writeDatabase } from '../test/builders/cocoon-database.js';
import { buildQcow2 } from '../test/builders/qcow2.js';
import { baseBytes, diskBytes } from '../test/builders/small-node.js';

export interface ManySpec {
  readonly snapshots: number;
  readonly bases: number;
  readonly engine: 'json' | 'sqlite';
  /** Whether only as many snapshots as there are bases have files: enough for who asks about one of them. */
  readonly recordsOnly?: boolean;
}

export interface ManySnapshots {
  readonly root: string;
  /** The file that the JSON engine keeps the snapshots in. */
  readonly index: string;
  /** The name of a snapshot that has its files. */
  readonly one: string;
}

/**
 * A root with many snapshots on a few small bases. The disks of the snapshots on one base are the same files (hard links):
 * 10,000 of them would be 12 GB, and what is measured is metadata.
 */
export function manySnapshots(
  root: string,
  { snapshots, bases, engine, recordsOnly = false }: ManySpec,
): ManySnapshots {
  const images = Array.from({ length: bases }, (_, at) => {
    const bytes = baseBytes(`base ${at}`);
    return { ref: `https://images.example.com/${at}.qcow2`, bytes, digest: sha256(bytes) };
  });
  const specs = Array.from({ length: snapshots }, (_, at): SnapshotSpec => {
    const { ref, digest } = images[at % bases] as (typeof images)[number];
    const name = join(root, 'cloudimg/blobs', `${digest}.qcow2`);
    const overlay = at < bases ? buildQcow2({ virtualSize: diskBytes, backing: { name } }) : Buffer.alloc(0);
    return { name: `scale/snapshot-${at}:v1`, image: ref, base: digest, overlay };
  });
  const { built, tables } = layOutRoot({ directory: root, images, snapshots: specs.slice(0, bases) });
  for (const [at, spec] of specs.slice(bases).entries()) {
    const id = idFor(spec.name);
    const { record, ...documents } = snapshotFiles(spec, id, root);
    tables.records[id] = record;
    tables.names[spec.name] = id;
    if (recordsOnly) continue;
    const directory = join(snapshotParent(root), id);
    const like = built.files(specs[at % bases]?.name ?? '');
    mkdirSync(directory, { mode: 0o750 });
    for (const file of ['overlay.qcow2', 'cidata.img', 'memory-ranges'])
      linkSync(join(like, file), join(directory, file));
    for (const [name, document] of Object.entries(documents)) {
      writeFileSync(join(directory, `${name}.json`), JSON.stringify(document), { mode: 0o600 });
    }
  }
  if (engine === 'json') writeJsonMetadata(root, tables);
  else {
    writeDatabase(databaseFile(root), {
      rows: {
        snapshots__records: tables.records,
        snapshots__names: tables.names,
        images_cloudimg__records: tables.images,
      },
    });
  }
  return { root, index: snapshotIndex(root), one: specs[0]?.name ?? '' };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
