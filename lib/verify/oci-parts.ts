import { lstatSync } from 'node:fs';
import { blobName, blobPath, ociBlobAt, type StoreBlob } from '../store/blob.js';
import type { OciImageEntry } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { BlobRequest } from './blob-content.js';
import { realpathOrNull } from './root-spellings.js';
import { bootFileAt } from './rules/boot-files.js';
import type { SnapshotFacts } from './snapshot-facts.js';

/** What a snapshot of an OCI image stands on: the files of the store that a clone opens. */
export interface OciParts {
  /** Lowest first. */
  readonly layers: readonly StoreBlob[];
  readonly kernel: StoreBlob | null;
  readonly initrd: StoreBlob | null;
}

/** Paths that name no file of this store are left out: rules 5 to 7 have refused them. */
export function ociParts({ sidecar, config, kind }: SnapshotFacts, roots: readonly string[]): OciParts {
  if (sidecar.kind !== 'ok') return { layers: [], kernel: null, initrd: null };
  const { storage_configs: disks, boot_config: recorded } = sidecar.value;
  const payload = config.kind === 'ok' ? config.value.payload : null;
  // A Cloud Hypervisor boots what config.json says, which cocoon takes from there (rebuildBootConfig).
  const [kernel, initrd] =
    kind === 'firecracker' ? [recorded?.kernel_path, recorded?.initrd_path] : [payload?.kernel, payload?.initramfs];
  return {
    layers: disks.filter(({ role }) => role === 'layer').flatMap(({ path }) => layerAt(path, roots)),
    kernel: bootFileAt('kernel', kernel ?? '', roots),
    initrd: bootFileAt('initrd', initrd ?? '', roots),
  };
}

/** The same of what the index says of an image. */
export function partsOfImage({ layers, kernelLayer, initrdLayer }: OciImageEntry): OciParts {
  const part = (kind: StoreBlob['kind'], digest: string): StoreBlob => ({ kind, hex: digest.replace(/^sha256:/, '') });
  return {
    layers: layers.map((digest) => part('layer', digest)),
    kernel: kernelLayer === null ? null : part('kernel', kernelLayer),
    initrd: initrdLayer === null ? null : part('initrd', initrdLayer),
  };
}

/** Lowest layer first, the boot files last. */
export function blobsOf({ layers, kernel, initrd }: OciParts): readonly StoreBlob[] {
  return [...layers, kernel, initrd].filter((blob) => blob !== null);
}

function layerAt(path: string, roots: readonly string[]): StoreBlob[] {
  const found = roots.map((root) => ociBlobAt(root, path)).find((blob) => blob?.kind === 'layer');
  return found ? [found] : [];
}

/** A file that a clone opens. */
type PartFile = Pick<BlobRequest, 'blob' | 'path' | 'names' | 'instead'>;

/** The files of a store, in every spelling of its root, that parts of an image are in, each once. */
export async function filesOf(
  store: Store,
  parts: OciParts,
  { kind }: Pick<SnapshotFacts, 'kind'>,
  roots: readonly string[],
): Promise<readonly PartFile[]> {
  const root = (await realpathOrNull(store.root)) ?? store.root;
  const all = [...blobsOf(parts)];
  const { kernel } = parts;
  // Firecracker boots no compressed kernel: where cocoon has unpacked it, that is what a clone starts again from.
  const unpacked: StoreBlob | null =
    kind === 'firecracker' && kernel !== null ? { kind: 'vmlinux', hex: kernel.hex } : null;
  const isUnpacked = unpacked !== null && isThere(blobPath(root, unpacked));
  if (isUnpacked) all.push(unpacked);
  const fileOf = (blob: StoreBlob): PartFile => ({
    blob: blobName(blob),
    path: blobPath(root, blob),
    names: roots.map((spelled) => blobPath(spelled, blob)),
    ...(blob.kind === 'kernel' && unpacked !== null && !isUnpacked ? { instead: blobPath(root, unpacked) } : {}),
  });
  return [...new Map(all.map((blob) => [blobName(blob), fileOf(blob)])).values()];
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
