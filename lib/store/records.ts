import * as v from 'valibot';
import { BlobcheckError } from '../errors.js';

/** A record of a snapshot, as the index has it. What an older cocoon did not record is null, or empty as in Go. */
export interface SnapshotRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** "cloud-hypervisor" or "firecracker"; null in records made before it was recorded. */
  readonly hypervisor: string | null;
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes of the writable disk. */
  readonly storage: number;
  readonly nics: number;
  /** URL or reference as the user gave it. */
  readonly image: string;
  /** As it stands there, with the algorithm: "sha256:<hex>". */
  readonly imageDigest: string | null;
  /** "oci" or "cloudimg". */
  readonly imageType: string | null;
  /** What garbage collection keeps for this snapshot, as it stands there: hexadecimal digests. */
  readonly imageBlobIds: readonly string[];
  readonly windows: boolean;
  /** RFC 3339. */
  readonly createdAt: string | null;
  /** True while the snapshot is being written. */
  readonly pending: boolean;
  readonly dataDir: string;
  /** When it was last cloned, RFC 3339: a cocoon that writes this rewrites the index at every clone. Null where none did. */
  readonly lastAccessedAt: string | null;
}

export interface CloudImageEntry {
  readonly kind: 'cloudimg';
  readonly ref: string;
  /** Digest of the bytes that were downloaded: "sha256:<hex>". */
  readonly contentSum: string;
  /** Bytes of the blob on disk. */
  readonly size: number;
  readonly createdAt: string | null;
}

export interface OciImageEntry {
  readonly kind: 'oci';
  readonly ref: string;
  readonly manifestDigest: string;
  /** Digests of the layers, lowest first. */
  readonly layers: readonly string[];
  /** The layers that the boot files come from; null where the image has none. */
  readonly kernelLayer: string | null;
  readonly initrdLayer: string | null;
  /** Bytes of the layers and boot files together. */
  readonly size: number;
  readonly createdAt: string | null;
}

/** What a virtual machine's record says of the files that it is restored onto. */
export interface VmRecord {
  readonly id: string;
  readonly hypervisor: Hypervisor;
  /** In the order of its devices. */
  readonly disks: readonly { readonly path: string; readonly role: string }[];
  /** Empty where the machine boots its firmware. */
  readonly kernel: string;
  readonly initrd: string;
}

export type Hypervisor = 'cloud-hypervisor' | 'firecracker';

export type ImageEntry = CloudImageEntry | OciImageEntry;

// encoding/json leaves a field that is null at its zero value, and cocoon leaves out what is zero.
const text = v.nullish(v.string(), '');
const truth = v.nullish(v.boolean(), false);
// Sizes beyond 2^53 are not to be had on a disk; Go would take them up to 2^63.
const amount = v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
// A set, as Go writes it: `{"key": {}}`. valibot's record would drop the key `__proto__`.
const set = v.nullish(
  v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
);

const snapshotSchema = v.object({
  id: text,
  name: text,
  description: text,
  hypervisor: text,
  cpu: amount,
  memory: amount,
  storage: amount,
  nics: amount,
  image: text,
  image_digest: text,
  image_type: text,
  image_blob_ids: set,
  windows: truth,
  created_at: text,
  pending: truth,
  data_dir: text,
  last_accessed_at: text,
});
const cloudImageSchema = v.object({ ref: text, content_sum: text, size: amount, created_at: text });
const ociImageSchema = v.object({
  ref: text,
  manifest_digest: text,
  layers: v.nullish(v.array(v.object({ digest: text })), []),
  kernel_layer: text,
  initrd_layer: text,
  size: amount,
  created_at: text,
});

const vmSchema = v.object({
  storage_configs: v.nullish(v.array(v.object({ path: text, role: text })), []),
  boot_config: v.nullish(v.object({ kernel_path: text, initrd_path: text })),
});

/** Where a record stands: what an error about it says. */
export interface RecordPlace {
  readonly path: string;
  /** For instance `snapshot`. */
  readonly what: string;
  readonly id: string;
}

/** Throws `metadata-unreadable` with record and field where the types are wrong; unknown fields are ignored. */
export function snapshotRecord(value: unknown, place: RecordPlace): SnapshotRecord {
  const found = parse(snapshotSchema, value, place);
  if (found.id !== '' && found.id !== place.id) {
    throw unreadableRecord(place, `it calls itself ${JSON.stringify(found.id)}`);
  }
  return {
    id: place.id,
    name: found.name,
    description: found.description,
    hypervisor: found.hypervisor || null,
    cpu: found.cpu,
    memory: found.memory,
    storage: found.storage,
    nics: found.nics,
    image: found.image,
    imageDigest: found.image_digest || null,
    imageType: found.image_type || null,
    imageBlobIds: Object.keys(found.image_blob_ids ?? {}),
    windows: found.windows,
    createdAt: found.created_at || null,
    pending: found.pending,
    dataDir: found.data_dir,
    lastAccessedAt: found.last_accessed_at || null,
  };
}

/** The key in the index is what cocoon looks a reference up by; the `ref` in the entry is what it shows. */
export function cloudImageEntry(value: unknown, place: RecordPlace): CloudImageEntry {
  const found = parse(cloudImageSchema, value, place);
  return {
    kind: 'cloudimg',
    ref: place.id,
    contentSum: found.content_sum,
    size: found.size,
    createdAt: found.created_at || null,
  };
}

export function ociImageEntry(value: unknown, place: RecordPlace): OciImageEntry {
  const found = parse(ociImageSchema, value, place);
  return {
    kind: 'oci',
    ref: place.id,
    manifestDigest: found.manifest_digest,
    layers: found.layers.map((layer) => layer.digest),
    kernelLayer: found.kernel_layer || null,
    initrdLayer: found.initrd_layer || null,
    size: found.size,
    createdAt: found.created_at || null,
  };
}

export function vmRecord(value: unknown, hypervisor: Hypervisor, place: RecordPlace): VmRecord {
  const found = parse(vmSchema, value, place);
  const boot = found.boot_config;
  return {
    id: place.id,
    hypervisor,
    disks: found.storage_configs,
    kernel: boot?.kernel_path ?? '',
    initrd: boot?.initrd_path ?? '',
  };
}

function parse<S extends v.GenericSchema>(schema: S, value: unknown, place: RecordPlace): v.InferOutput<S> {
  // To valibot an array is an object, too.
  if (Array.isArray(value)) throw unreadableRecord(place, 'it is an array');
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue);
  throw unreadableRecord(place, `${field === null ? '' : `field "${field}": `}${issue.message}`);
}

function unreadableRecord(place: RecordPlace, reason: string): BlobcheckError {
  return new BlobcheckError(
    'metadata-unreadable',
    `the record of ${place.what} ${JSON.stringify(place.id)} cannot be read: ${reason}`,
    { path: place.path },
  );
}
