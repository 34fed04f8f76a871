/** Where cocoon keeps what, and the directories that each part of it makes before it does anything. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, systemWords } from './failure.mjs';

export function layoutOf({ rootDir, runDir, logDir }) {
  const cloudimg = join(rootDir, 'cloudimg');
  const oci = join(rootDir, 'oci');
  return {
    blobs: join(cloudimg, 'blobs'),
    blob: (hex) => join(cloudimg, 'blobs', `${hex}.qcow2`),
    temp: join(cloudimg, 'temp'),
    temporaryBlob: (hex) => join(cloudimg, 'temp', `.tmp-${hex}.qcow2`),
    images: indexAt(join(cloudimg, 'db', 'images')),
    ociImages: indexAt(join(oci, 'db', 'images')),
    firmware: join(rootDir, 'firmware', 'CLOUDHV.fd'),
    snapshots: indexAt(join(rootDir, 'snapshot', 'db', 'snapshots')),
    snapshotFiles: (id) => join(rootDir, 'snapshot', 'localfile', id),
    snapshotFolder: join(rootDir, 'snapshot', 'localfile'),
    vms: indexAt(join(rootDir, 'cloudhypervisor', 'db', 'vms')),
    firecrackerVms: indexAt(join(rootDir, 'firecracker', 'db', 'vms')),
    vmRunDir: (id) => join(runDir, 'cloudhypervisor', id),
    vmLogDir: (id) => join(logDir, 'cloudhypervisor', id),
    runFolder: join(runDir, 'cloudhypervisor'),
    logFolder: join(logDir, 'cloudhypervisor'),
    networkLock: join(rootDir, 'cni', 'db', 'networks.lock'),
    bridgeLock: join(rootDir, 'bridge', 'gc.lock'),
  };
}

const indexAt = (stem) => ({ path: `${stem}.json`, lockPath: `${stem}.lock` });

export function makeImageDirectories({ rootDir }) {
  const under = (backend, names) => names.map((name) => join(rootDir, backend, name));
  makeDirectories('init oci backend: ensure dirs', under('oci', ['db', 'temp', 'blobs', 'boot']));
  makeDirectories('init cloudimg backend: ensure dirs', under('cloudimg', ['db', 'temp', 'blobs']));
}

export function makeSnapshotDirectories({ rootDir }) {
  makeDirectories('init snapshot backend: ensure dirs', [
    join(rootDir, 'snapshot/db'),
    join(rootDir, 'snapshot/localfile'),
  ]);
}

export function makeVmDirectories({ rootDir, runDir, logDir }, backends = ['cloudhypervisor', 'firecracker']) {
  for (const name of backends) {
    makeDirectories('init hypervisor: ensure dirs', [
      join(rootDir, name, 'db'),
      join(runDir, name),
      join(logDir, name),
    ]);
  }
}

export function makeNetworkDirectories({ rootDir }) {
  makeDirectories('init network: ensure cni dirs', [join(rootDir, 'cni/db')]);
}

export function makeDirectories(context, directories) {
  for (const directory of directories) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o750 });
    } catch (error) {
      const made = deepestMissing(directory);
      throw new Failure(`${context}: create directory ${directory}: mkdir ${made}: ${systemWords(error)}`);
    }
  }
}

/** The first part of the path that could not be made, which is what Go names. */
function deepestMissing(path) {
  const parent = dirname(path);
  try {
    return statSync(parent).isDirectory() ? path : parent;
  } catch {
    return deepestMissing(parent);
  }
}

/** Whether there is a regular file with something in it, which is all that cocoon ever asks of a blob. */
export function isFilled(path) {
  const stats = statsOf(path);
  return stats?.isFile() === true && stats.size > 0;
}

function statsOf(path) {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
