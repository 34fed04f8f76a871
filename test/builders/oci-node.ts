import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type BuiltRoot, buildRoot, idFor, MEMORY, type SnapshotFiles, STORAGE } from './cocoon-root.js';
import { putRow } from './edit-metadata.js';
import { buildErofs } from './erofs.js';
import { type BuiltVmState, buildVmState } from './vmstate.js';

/** A node with an OCI image of two layers and a snapshot of it by each hypervisor: `oci:v1` and `fc:v1`. */
export interface OciNode {
  readonly root: BuiltRoot;
  readonly state: string;
  /** Hexadecimal names: those of the image, lowest first, and one of another image. */
  readonly layers: readonly [string, string, string];
  /** What each snapshot's metadata says, by its name. */
  readonly snapshots: ReadonlyMap<string, SnapshotFiles>;
  /** The state of `fc:v1`. */
  readonly vmState: BuiltVmState;
}

export function ociNode(): OciNode {
  const directory = temporaryDirectory();
  const layers = [sha256('lower'), sha256('upper'), sha256('other')] as const;
  writeBlobs(directory, layers);
  const disks = (hypervisor: string) => disksOf(directory, hypervisor, layers.slice(0, 2));
  const snapshots = new Map<string, SnapshotFiles>();
  const snapshot = (name: string, hypervisor: 'cloud-hypervisor' | 'firecracker') => ({
    name,
    image: 'local/oci:v1',
    base: layers[0],
    overlay: Buffer.alloc(0),
    edit: (files: SnapshotFiles) => {
      Object.assign(files, documents(files, { directory, hypervisor, layers, disks: disks(hypervisor) }));
      snapshots.set(name, files);
    },
  });
  const root = buildRoot({
    directory,
    snapshots: [snapshot('oci:v1', 'cloud-hypervisor'), snapshot('fc:v1', 'firecracker')],
  });
  putRow(directory, 'json', 'oci-images', 'local/oci:v1', imageEntry(layers));
  const vmState: BuiltVmState = {
    drives: disks('firecracker').map(({ path, ro }, index) => ({ id: `drive_${index}`, path, readOnly: ro })),
    memoryMib: BigInt(MEMORY >> 20),
    kernelPath: bootFile(directory, layers[0], 'vmlinuz'),
    initrdPath: bootFile(directory, layers[0], 'initrd.img'),
  };
  settleFiles(root.files('oci:v1'), []);
  settleFiles(root.files('fc:v1'), ['memory-ranges', 'config.json', 'state.json']);
  writeFileSync(join(root.files('fc:v1'), 'mem'), '');
  truncateSync(join(root.files('fc:v1'), 'mem'), MEMORY);
  writeFileSync(join(root.files('fc:v1'), 'vmstate'), buildVmState(vmState));
  return { root, state: temporaryDirectory(), layers, snapshots, vmState };
}

const bootFile = (root: string, hex: string, name: string) => join(root, 'oci/boot', hex, name);
const layerFile = (root: string, hex: string) => join(root, 'oci/blobs', `${hex}.erofs`);

function writeBlobs(root: string, layers: OciNode['layers']): void {
  for (const path of ['oci/blobs', 'oci/db', join('oci/boot', layers[0])])
    mkdirSync(join(root, path), { recursive: true });
  // As none of them hashes to its name, so the layers of cocoon, which are converted.
  for (const [index, hex] of layers.entries()) {
    writeFileSync(layerFile(root, hex), buildErofs({ content: Buffer.alloc(500, index + 1) }));
  }
  writeFileSync(bootFile(root, layers[0], 'vmlinuz'), '\x7fELF kernel');
  writeFileSync(bootFile(root, layers[0], 'initrd.img'), 'initial RAM disk');
}

interface Disk {
  readonly path: string;
  readonly ro: boolean;
  readonly serial: string;
  readonly role: string;
  readonly bytes: number;
}

function disksOf(root: string, hypervisor: string, layers: readonly string[]): Disk[] {
  const run = join(root, 'run', hypervisor.replace('-', ''), idFor(`vm of ${hypervisor}`));
  return [
    ...layers.map((hex, index) => {
      return { path: layerFile(root, hex), ro: true, serial: `cocoon-layer${index}`, role: 'layer', bytes: 8192 };
    }),
    { path: join(run, 'cow.raw'), ro: false, serial: 'cocoon-cow', role: 'cow', bytes: STORAGE },
  ];
}

interface Machine {
  readonly directory: string;
  readonly hypervisor: 'cloud-hypervisor' | 'firecracker';
  readonly layers: OciNode['layers'];
  readonly disks: readonly Disk[];
}

function documents(
  { record, config, state }: SnapshotFiles,
  { directory, hypervisor, layers, disks }: Machine,
): SnapshotFiles {
  const [kernel, initrd] = ['vmlinuz', 'initrd.img'].map((name) => bootFile(directory, layers[0], name));
  const cmdline = 'console=hvc0 boot=cocoon-overlay cocoon.layers=cocoon-layer1,cocoon-layer0 cocoon.cow=cocoon-cow rw';
  const isFirecracker = hypervisor === 'firecracker';
  const boot = { kernel_path: kernel, initrd_path: initrd, ...(isFirecracker ? {} : { cmdline }) };
  const [template] = config.disks;
  const components = state.snapshots;
  const devices = disks.map(({ path, bytes }, index) => [`_disk${index}`, deviceState(path, bytes)]);
  components['device-manager'].snapshots = Object.fromEntries(devices);
  return {
    record: {
      ...record,
      image_digest: `sha256:${sha256('manifest')}`,
      image_type: 'oci',
      image_blob_ids: { [layers[0]]: {}, [layers[1]]: {} },
      hypervisor,
    },
    cocoon: {
      storage_configs: disks.map(({ bytes: _, ...disk }) => disk),
      boot_config: boot,
      ...(isFirecracker ? { cpu: 1, memory: MEMORY } : {}),
    },
    config: {
      ...config,
      payload: { kernel, cmdline, initramfs: initrd },
      disks: disks.map(({ path, ro, serial }, index) => {
        const own = { id: `_disk${index}`, path, readonly: ro, direct: !ro, serial };
        return { ...template, ...own, backing_files: false, image_type: 'Raw' };
      }),
      serial: { mode: 'Off' },
      console: { mode: 'Pty', file: '/dev/pts/0', pci_segment: 0 },
    },
    state,
  };
}

function deviceState(path: string, bytes: number): unknown {
  const state = { disk_path: path, disk_nsectors: bytes / 512, config: { blk_size: 512 } };
  return { snapshots: {}, snapshot_data: { state: JSON.stringify(state) } };
}

function imageEntry(layers: OciNode['layers']): unknown {
  return {
    ref: 'local/oci:v1',
    manifest_digest: `sha256:${sha256('manifest')}`,
    layers: layers.slice(0, 2).map((hex) => ({ digest: `sha256:${hex}` })),
    kernel_layer: `sha256:${layers[0]}`,
    initrd_layer: `sha256:${layers[0]}`,
    size: 16_384,
    created_at: '2026-11-24T20:51:04.385221813Z',
  };
}

/** The writable disk of an OCI image, in the place of what a cloud image has. */
function settleFiles(directory: string, superfluous: readonly string[]): void {
  for (const name of ['overlay.qcow2', 'cidata.img', ...superfluous]) rmSync(join(directory, name));
  writeFileSync(join(directory, 'cow.raw'), '');
  truncateSync(join(directory, 'cow.raw'), STORAGE);
}
