import { join } from 'node:path';

/** What cocoon uses where nothing else is said; the run directory stays this one whatever the root is. */
export const DEFAULT_ROOT = '/var/lib/cocoon';
export const DEFAULT_RUN_DIR = '/var/lib/cocoon/run';

export const snapshotIndex = (root: string): string => join(root, 'snapshot', 'db', 'snapshots.json');
export const cloudImageIndex = (root: string): string => join(root, 'cloudimg', 'db', 'images.json');
export const ociImageIndex = (root: string): string => join(root, 'oci', 'db', 'images.json');

/** Every file that cocoon's JSON engine keeps a namespace in: one of them makes a root a JSON root. */
export const jsonIndexes = (root: string): readonly string[] => [
  snapshotIndex(root),
  cloudImageIndex(root),
  ociImageIndex(root),
  join(root, 'cloudhypervisor', 'db', 'vms.json'),
  join(root, 'firecracker', 'db', 'vms.json'),
  join(root, 'cni', 'db', 'networks.json'),
  join(root, 'metering', 'log.json'),
];

/** The generation before the last write of a JSON index. */
export const previousGeneration = (index: string): string => `${index}.prev`;

export const databaseFile = (root: string): string => join(root, 'meta', 'meta.db');
/** Stands beside the database while a conversion between the engines is in flight. */
export const conversionManifest = (root: string): string => join(root, 'meta', 'meta-convert.manifest');

/** The directory that each snapshot's data directory is directly under. */
export const snapshotParent = (root: string): string => join(root, 'snapshot', 'localfile');
export const snapshotDataDir = (root: string, id: string): string => join(snapshotParent(root), id);
export const snapshotLease = (root: string, id: string): string => join(snapshotParent(root), `${id}.lease`);

export const cloudImageBlobs = (root: string): string => join(root, 'cloudimg', 'blobs');
export const cloudImageBlob = (root: string, hex: string): string => join(cloudImageBlobs(root), `${hex}.qcow2`);
export const cloudImageBlobLock = (root: string, hex: string): string => join(cloudImageBlobs(root), `${hex}.lock`);
export const cloudImageLock = (root: string): string => join(root, 'cloudimg', 'db', 'images.lock');

export const ociBlobs = (root: string): string => join(root, 'oci', 'blobs');
export const ociLayer = (root: string, hex: string): string => join(ociBlobs(root), `${hex}.erofs`);
export const ociBoot = (root: string): string => join(root, 'oci', 'boot');
export const ociKernel = (root: string, hex: string): string => join(ociBoot(root), hex, 'vmlinuz');
export const ociInitrd = (root: string, hex: string): string => join(ociBoot(root), hex, 'initrd.img');

export const firmwareDir = (root: string): string => join(root, 'firmware');
