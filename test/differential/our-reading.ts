/** What we take for each field of the documents that cocoon reads, in the words of those documents. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobcheckError } from '../../lib/errors.js';
import type { Shape } from '../../lib/store/json-shape.js';
import { openStore } from '../../lib/store/open.js';
import type { SnapshotRecord } from '../../lib/store/records.js';
import { cocoonSidecarShape, vmConfigShape } from '../../lib/store/sidecar-shapes.js';
import { parseSnapshotJson } from '../../lib/store/snapshot-json.js';
import type { Store } from '../../lib/store/store.js';
import { parseStrict } from '../../lib/store/strict-json.js';
import { temporaryDirectory } from '../support/temporary.js';
import type { GoShape, GoValue } from './go-reader.js';

/** Where we and Go differ, or why we refuse. `same` where Go, too, takes the same for everything that we take. */
export type Compared =
  | { readonly kind: 'same' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'different'; readonly where: string };

const same: Compared = { kind: 'same' };
const refused: Compared = { kind: 'refused' };

/**
 * Compares what we read of a document with what Go has read; with null where Go refuses it, only whether we do. Of an index
 * the records of `ids` are read.
 */
export async function compared(
  shape: GoShape,
  document: Buffer,
  go: GoValue,
  ids?: readonly string[],
): Promise<Compared> {
  if (shape === 'cocoon.json') return comparedSidecar(document, cocoonSidecarShape, go);
  if (shape === 'config.json') return comparedSidecar(document, vmConfigShape, go);
  if (shape === 'snapshot.json') {
    const parsed = parseSnapshotJson(document, '/data');
    if (parsed.kind !== 'ok') return refused;
    const config = withBlobList(field(go, 'config'));
    return verdict(go, differencesOf(config, { ...recordFields(parsed.record), id: parsed.record.id }, 'config'));
  }
  return await comparedIndex(shape, document, go, ids ?? Object.keys(field(go, tables[shape]) ?? {}));
}

type ObjectShape = Extract<Shape, { readonly fields: unknown }>;

function comparedSidecar(document: Buffer, shape: ObjectShape, go: GoValue): Compared {
  const parsed = parseStrict(document, shape);
  return parsed.kind === 'ok' ? verdict(go, differences(go, parsed.value, shape, 'it')) : refused;
}

const verdict = (go: GoValue, found: readonly string[]): Compared =>
  go === null || found.length === 0 ? same : { kind: 'different', where: found.join(', ') };

const paths = {
  'snapshots.json': 'snapshot/db/snapshots.json',
  cloudimg: 'cloudimg/db/images.json',
  oci: 'oci/db/images.json',
  'vms.json': 'cloudhypervisor/db/vms.json',
} as const;
const tables = { 'snapshots.json': 'snapshots', cloudimg: 'images', oci: 'images', 'vms.json': 'vms' } as const;

const place = temporaryDirectory();

async function comparedIndex(
  shape: keyof typeof paths,
  document: Buffer,
  go: GoValue,
  ids: readonly string[],
): Promise<Compared> {
  const path = join(place, paths[shape]);
  for (const other of Object.values(paths)) rmSync(join(place, other), { force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, document);
  const store = await openStore({ root: place, metaBackend: null });
  const found: string[] = [];
  let refusals = 0;
  try {
    for (const id of ids) {
      const record = field(field(go, tables[shape]), id);
      try {
        const ours = await ourRecord(store, shape, id);
        if (ours === null ? record !== null : record === null) found.push(`${id} is there to one only`);
        else if (ours !== null) found.push(...differencesOf(withBlobList(record), ours, id));
      } catch (error) {
        if (!(error instanceof BlobcheckError)) throw error;
        refusals += 1;
      }
    }
    found.push(...(await otherNames(store, shape, go)));
  } catch (error) {
    if (!(error instanceof BlobcheckError)) throw error;
    refusals += 1;
  } finally {
    await store.close();
  }
  if (refusals > 0 && (go === null || found.length === 0)) return refused;
  return verdict(go, found);
}

/** A name that leads us to a record and Go elsewhere. */
async function otherNames(store: Store, shape: keyof typeof paths, go: GoValue): Promise<string[]> {
  const found: string[] = [];
  if (shape === 'snapshots.json') {
    for (const { id } of await store.listSnapshots()) {
      const { name } = await store.snapshot(id);
      const resolved = await store.resolve(name);
      const names = Object.entries(field(go, 'names') ?? {});
      const records = field(go, 'snapshots');
      const theirs = names.find(([key]) => key === name)?.[1];
      if (resolved.kind !== 'found' || resolved.by !== 'name' || field(records, name) !== null) continue;
      if (theirs !== resolved.id) found.push(`the name ${name} leads elsewhere`);
    }
  }
  return found;
}

async function ourRecord(store: Store, shape: keyof typeof paths, id: string): Promise<object | null> {
  if (shape === 'snapshots.json') {
    const resolved = await store.resolve(id);
    if (resolved.kind !== 'found' && resolved.kind !== 'pending') return null;
    const record = await store.snapshot(id);
    return { ...recordFields(record), pending: record.pending, data_dir: record.dataDir };
  }
  if (shape === 'vms.json') {
    const [vm] = await store.virtualMachines(id);
    if (vm === undefined) return null;
    return { storage_configs: vm.disks, boot_config: { kernel_path: vm.kernel, initrd_path: vm.initrd } };
  }
  const [image] = await store.image(id);
  if (image === undefined) return null;
  if (image.kind === 'cloudimg') return { content_sum: image.contentSum, size: image.size };
  return {
    manifest_digest: image.manifestDigest,
    layers: image.layers.map((digest) => ({ digest })),
    kernel_layer: image.kernelLayer ?? '',
    initrd_layer: image.initrdLayer ?? '',
    size: image.size,
  };
}

function recordFields(record: SnapshotRecord): object {
  return {
    name: record.name,
    description: record.description,
    hypervisor: record.hypervisor ?? '',
    ...{ cpu: record.cpu, memory: record.memory, storage: record.storage, nics: record.nics },
    ...{ image: record.image, image_digest: record.imageDigest ?? '', image_type: record.imageType ?? '' },
    image_blob_ids: [...record.imageBlobIds].sort(),
    windows: record.windows,
  };
}

/** A set, which Go prints as an object, as the list of what is in it. */
function withBlobList(record: GoValue): GoValue {
  const blobs = field(record, 'image_blob_ids');
  return blobs === null ? record : { ...(record as object), image_blob_ids: Object.keys(blobs).sort() };
}

/** Of every field that we take. */
function differencesOf(go: GoValue | undefined, ours: unknown, where: string): string[] {
  if (isZero(go) && isZero(ours)) return [];
  if (typeof ours !== 'object' || ours === null) return go === ours ? [] : [where];
  if (Array.isArray(ours)) {
    if (!Array.isArray(go) || go.length !== ours.length) return [where];
    return ours.flatMap((item, at) => differencesOf(go[at], item, `${where}[${at}]`));
  }
  return Object.entries(ours).flatMap(([key, value]) => differencesOf(field(go, key), value, `${where}.${key}`));
}

/** Of every field that both take: what we do not look into may be anything. */
function differences(go: GoValue | undefined, ours: unknown, shape: Shape, where: string): string[] {
  if (shape === 'any' || (isZero(go) && isZero(ours))) return [];
  if (typeof shape === 'string') return go === ours ? [] : [where];
  if ('items' in shape) {
    if (!Array.isArray(go) || !Array.isArray(ours) || go.length !== ours.length) return [where];
    return go.flatMap((item, at) => differences(item, ours[at], shape.items, `${where}[${at}]`));
  }
  if (!('fields' in shape)) return [where];
  return Object.keys(typeof go === 'object' && go !== null ? go : {})
    .filter((key) => Object.hasOwn(shape.fields, key))
    .flatMap((key) => {
      const next = shape.fields[key] ?? 'any';
      return differences(field(go, key), field(ours, key), next, `${where}.${key}`);
    });
}

/** Null is the zero value of a Go pointer, and an object of zero values one of a Go struct. */
function isZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return [undefined, null, '', 0, false].includes(value as never);
  return Object.values(value).every(isZero) && (!Array.isArray(value) || value.length === 0);
}

// biome-ignore lint/suspicious/noExplicitAny: of a document of any shape
function field(value: any, key: string): any {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? value[key] : null;
}
