import { join } from 'node:path';

/** What cocoon uses where nothing else is said. */
export const DEFAULT_ROOT = '/var/lib/cocoon';
/** In v0.3 whatever the root is. */
export const DEFAULT_RUN_DIRECTORY = '/var/lib/cocoon/run';

export const snapshotIndex = (root: string): string => join(root, 'snapshot', 'db', 'snapshots.json');
export const cloudImageIndex = (root: string): string => join(root, 'cloudimg', 'db', 'images.json');
export const ociImageIndex = (root: string): string => join(root, 'oci', 'db', 'images.json');
export const cloudHypervisorIndex = (root: string): string => join(root, 'cloudhypervisor', 'db', 'vms.json');
export const firecrackerIndex = (root: string): string => join(root, 'firecracker', 'db', 'vms.json');

/** Every file that cocoon's JSON engine keeps a namespace in: one of them makes a root a JSON root. */
export const jsonIndexes = (root: string): readonly string[] => [
  snapshotIndex(root),
  cloudImageIndex(root),
  ociImageIndex(root),
  cloudHypervisorIndex(root),
  firecrackerIndex(root),
  join(root, 'cni', 'db', 'networks.json'),
  join(root, 'metering', 'log.json'),
];

/** The files by which cocoon tells which engine keeps a root's metadata. bin/stamp.sh looks for them in this order. */
export const engineFiles = (root: string): readonly string[] => [
  databaseFile(root),
  conversionManifest(root),
  ...jsonIndexes(root),
];

/** The generation before the last write of a JSON index. */
export const previousGeneration = (index: string): string => `${index}.prev`;

export const databaseFile = (root: string): string => join(root, 'meta', 'meta.db');
/** Stands beside the database while a conversion between the engines is in flight. */
export const conversionManifest = (root: string): string => join(root, 'meta', 'meta-convert.manifest');

/** The directory that each snapshot's data directory is directly under. */
export const snapshotParent = (root: string): string => join(root, 'snapshot', 'localfile');

export const cloudImageBlobs = (root: string): string => join(root, 'cloudimg', 'blobs');
/** What cocoon makes for cloud images before it keeps one. */
export const imageDirectories = (root: string): readonly string[] =>
  ['blobs', 'db', 'temp'].map((name) => join(root, 'cloudimg', name));
/** The name of a blob of this digest (hexadecimal) in a directory of blobs. */
export const blobIn = (blobs: string, hex: string): string => join(blobs, `${hex}.qcow2`);
export const cloudImageBlob = (root: string, hex: string): string => blobIn(cloudImageBlobs(root), hex);

/** Layers of OCI images, converted to EROFS. */
export const ociBlobs = (root: string): string => join(root, 'oci', 'blobs');
/** Kernels and initial RAM disks, in a directory for each layer that holds one. */
export const ociBoot = (root: string): string => join(root, 'oci', 'boot');

/** The directories in which everything lies that is judged of a root. */
export const judgedDirectories = (root: string): readonly string[] => [
  cloudImageBlobs(root),
  snapshotParent(root),
  ociBlobs(root),
  ociBoot(root),
];

/** The firmware that cloud images boot. */
export const firmware = (root: string): string => join(root, 'firmware', 'CLOUDHV.fd');
