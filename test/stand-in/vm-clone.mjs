/** `vm clone`: from the snapshot's own directory, of a cloud image, by Cloud Hypervisor. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureImage } from './ensure-image.mjs';
import { attempt, Failure, within } from './failure.mjs';
import { openDisks, restoreRefusal } from './hypervisor.mjs';
import { marshalIndented } from './json.mjs';
import { makeSnapshotDirectories, makeVmDirectories } from './layout.mjs';
import { findSnapshot, publicVm, snapshotIndex } from './named-index.mjs';
import { networksFor } from './networks.mjs';
import { newId } from './new-id.mjs';
import {
  checkSnapshot,
  cloneFiles,
  growOverlay,
  readJson,
  readSidecar,
  writeConfig,
  writeState,
} from './snapshot-files.mjs';
import { cloneConfig, validateHostCpu } from './vm-flags.mjs';
import { withReservedVm, writeTraces } from './vm-records.mjs';

const WHERE = 'cmd.vm.clone';

export async function run(context) {
  const {
    conf,
    log,
    flags,
    changed,
    words: [ref],
    signal,
  } = context;
  makeSnapshotDirectories(conf);
  const read = (step) =>
    within(`${step} snapshot ${ref}`, () => snapshotIndex(conf).read(signal, (index) => findSnapshot(index, ref)));
  const found = await read('inspect');
  if (found.hypervisor === 'firecracker') throw new Failure('the stand-in starts no Firecracker');
  makeVmDirectories(conf, ['cloudhypervisor']);
  const snapshot = await read('open');
  const config = cloneConfig(flags, changed, snapshot);
  const id = newId();
  if (flags.pull) await ensureImage(context, config);
  const networks = networksFor(id, flags, config, snapshot.nics ?? 0);
  const wantsJson = flags.output === 'json';
  if (!wantsJson) log.info(WHERE, `cloning VM from snapshot ${ref} (direct) ...`);
  const vm = await within('clone VM', () => clone(context, { id, config, snapshot, networks }));
  if (wantsJson) {
    process.stdout.write(marshalIndented(publicVm(vm)));
    return;
  }
  log.info(WHERE, `VM cloned: ${id} (name: ${config.name})`);
  process.stdout.write('\nWhat is left to do inside the guest stands here.\n\n');
}

async function clone(context, { id, config, snapshot, networks }) {
  validateHostCpu(config.cpu);
  const reserved = { id, config, blobs: snapshot.image_blob_ids };
  return await withReservedVm(context, reserved, async (place) => {
    const runDir = place.run_dir;
    await within('clone snapshot files', () => cloneFiles(snapshot.data_dir, runDir));
    const { storage, boot } = await prepare(context, runDir, config);
    restore(runDir);
    writeTraces(place);
    context.log.info('cloudhypervisor.Clone', `VM ${id} cloned from snapshot`);
    const more = { network_configs: networks, storage_configs: storage };
    return { state: 'running', more, record: { boot_config: boot, first_booted: true } };
  });
}

/** Makes the copied files those of the clone; looks for the firmware, and at no base. */
async function prepare({ signal }, runDir, vm) {
  const config = readJson(join(runDir, 'config.json'), 'parse CH config: ');
  const sidecar = readSidecar(runDir, 'load snapshot meta: ');
  await within('snapshot integrity', () => checkSnapshot(runDir, sidecar, config));
  if (config.payload?.kernel) throw new Failure('the stand-in clones from cloud images only');
  const pathOf = { cow: 'overlay.qcow2', cidata: 'cidata.img' };
  const storage = sidecar.map((disk) => {
    const name = disk.role === 'data' ? `data-${disk.serial}.raw` : pathOf[disk.role];
    return name === undefined ? disk : { ...disk, path: join(runDir, name) };
  });
  if (!storage.some(({ role }) => role === 'cow')) {
    throw new Failure('update COW path: no COW disk found in storage configs');
  }
  const { firmware } = config.payload ?? {};
  if (firmware) attempt(`verify base files: firmware ${firmware}: stat`, firmware, () => statSync(firmware));
  await within('resize COW', () => growOverlay(join(runDir, 'overlay.qcow2'), vm.storage, signal));
  const moved = sidecar.map(({ path }, at) => [path, storage[at].path]).filter(([from, to]) => from !== to);
  await within('patch CH config', () => writeConfig(runDir, config, { storage, vm }));
  writeState(runDir, new Map(moved));
  if (!vm.windows) addCidata(runDir, vm, storage);
  writeFileSync(join(runDir, 'cmdline'), `cloud-hypervisor --api-socket ${join(runDir, 'api.sock')}`, { mode: 0o600 });
  return { storage, boot: firmware ? { firmware_path: firmware } : undefined };
}

/** The clone's own settings for cloud-init, plugged in later where the snapshot had none. */
function addCidata(runDir, vm, storage) {
  const path = join(runDir, 'cidata.img');
  writeFileSync(path, Buffer.alloc(1 << 20, `instance ${vm.name}\n`), { mode: 0o600 });
  if (!storage.some(({ role }) => role === 'cidata')) storage.push({ path, ro: true, serial: '', role: 'cidata' });
}

/** The hypervisor opens what its own file names. */
export function restore(runDir) {
  const reasons = openDisks(readJson(join(runDir, 'config.json')).disks ?? []);
  if (reasons === null) return;
  throw new Failure(`vm.restore: PUT http://localhost/api/v1/vm.restore → 500: ${restoreRefusal(reasons)}`);
}
