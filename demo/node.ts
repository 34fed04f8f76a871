import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { type BuiltRoot, buildRoot, type ImageSpec, type SnapshotSpec } from '../test/builders/cocoon-root.js';
import { buildQcow2, writeQcow2File } from '../test/builders/qcow2.js';

/** Bytes of the disk that the guests see. */
const virtualSize = 10 * 1024 ** 3;

/** Data clusters of 64 KiB in the large base: 256 MiB. */
const largeBase = 4096;

const urls = {
  windows: 'https://images.example.com/win11-latest.qcow2',
  runner: 'https://images.example.com/runner-latest.qcow2',
  postgres: 'https://images.example.com/postgres.qcow2',
};

export interface DemoNode {
  readonly root: BuiltRoot;
  /** What a week does to a node: the incidents of the second half of the demo. */
  damage(): void;
}

/** Builds a throwaway cocoon node: three bases, and seven snapshots that are all healthy at first. */
export async function buildNode(directory: string, engine: 'json' | 'sqlite'): Promise<DemoNode> {
  mkdirSync(directory, { recursive: true });
  const windows = await base(directory, urls.windows, largeBase, 1);
  const runner = await base(directory, urls.runner, 64, 2);
  const postgres = await base(directory, urls.postgres, 64, 3);
  const lab = await base(directory, 'ghcr.io/lab/desktop:latest', 64, 4);
  const blobs = join(directory, 'cloudimg/blobs');
  const on = (image: ImageSpec, name: string, more: Partial<SnapshotSpec> = {}): SnapshotSpec => ({
    name,
    image: image.ref,
    base: digestOf(image),
    overlay: overlayOn(join(blobs, `${digestOf(image)}.qcow2`)),
    ...more,
  });
  const secret = join(directory, 'tenant-b/disk.qcow2');
  const root = buildRoot({
    directory,
    engine,
    images: [windows, runner, postgres, lab],
    snapshots: [
      on(windows, 'simular/win11:v1'),
      on(windows, 'team/golden:v3', {
        dataDisks: [{ name: 'scratch', bytes: Buffer.alloc(1024 ** 2) }],
        // As records were before cocoon pinned the bases of its snapshots.
        edit: ({ record }) => delete record.image_blob_ids,
      }),
      on(runner, 'ci/runner:v1'),
      on(lab, 'lab/desktop:v1'),
      on(postgres, 'db/postgres:v2'),
      on(windows, 'shop/cart:v1', { overlay: overlayOn(secret) }),
      on(windows, 'web/kiosk:v1', { edit: ({ config }) => Object.assign(config.rng, { src: secret }) }),
    ],
  });
  mkdirSync(join(directory, 'tenant-b'));
  writeFileSync(secret, buildQcow2({ virtualSize }));
  return { root, damage: () => damage(root, engine, runner, postgres, lab) };
}

function damage(
  root: BuiltRoot,
  engine: 'json' | 'sqlite',
  runner: ImageSpec,
  postgres: ImageSpec,
  lab: ImageSpec,
): void {
  // The tag was rebuilt and pulled again; the old build was collected.
  const rebuilt = {
    ...runner,
    bytes: buildQcow2({ virtualSize, clusters: [{ index: 0, data: Buffer.from('rebuilt') }] }),
  };
  const blob = root.blob(digestOf(rebuilt));
  writeFileSync(blob, rebuilt.bytes, { mode: 0o444 });
  rmSync(root.blob(digestOf(runner)));
  rmSync(root.blob(digestOf(lab)));
  const entry = { ref: runner.ref, content_sum: `sha256:${digestOf(rebuilt)}`, size: rebuilt.bytes.length };
  if (engine === 'json') moveTag(join(root.directory, 'cloudimg/db/images.json'), entry);
  else moveTagInDatabase(join(root.directory, 'meta/meta.db'), entry);
  flipBit(root.blob(digestOf(postgres)), postgres.bytes.length - 12_345);
}

interface IndexEntry {
  readonly ref: string;
  readonly content_sum: string;
  readonly size: number;
}

/** Lets a reference of the image index lead to another digest, as `cocoon image pull --force` does. */
function moveTag(index: string, entry: IndexEntry): void {
  const document = JSON.parse(readFileSync(index, 'utf8'));
  document.images[entry.ref] = entry;
  writeFileSync(index, `${JSON.stringify(document)}\n`);
}

function moveTagInDatabase(file: string, entry: IndexEntry): void {
  const database = new DatabaseSync(file);
  database
    .prepare('UPDATE images_cloudimg__records SET data = ? WHERE id = ?')
    .run(Buffer.from(JSON.stringify(entry)), entry.ref);
  database.close();
}

/** Flips the lowest bit of one byte in place, as a rotting disk does; cocoon's blobs are read-only. */
export function flipBit(path: string, offset: number): void {
  chmodSync(path, 0o644);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  writeSync(file, Buffer.from([(byte[0] as number) ^ 1]), 0, 1, offset);
  closeSync(file);
}

async function base(directory: string, ref: string, fill: number, seed: number): Promise<ImageSpec> {
  const file = join(directory, 'base.tmp');
  await writeQcow2File(file, { virtualSize, fill, seed });
  const bytes = readFileSync(file);
  rmSync(file);
  return { ref, bytes };
}

function overlayOn(blob: string): Buffer {
  return buildQcow2({ virtualSize, backing: { name: blob, format: 'qcow2' }, incompatible: 1n });
}

function digestOf(image: ImageSpec): string {
  return image.digest ?? createHash('sha256').update(image.bytes).digest('hex');
}
