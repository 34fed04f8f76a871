/** `vm restore`: a running VM back to one of its own snapshots. The disks are those of the VM's record. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, within } from './failure.mjs';
import { marshalIndented, now } from './json.mjs';
import { makeSnapshotDirectories, makeVmDirectories } from './layout.mjs';
import { findSnapshot, publicVm, snapshotIndex, vmConfig, vmIndex } from './named-index.mjs';
import { checkSnapshot, cloneFiles, growOverlay, readJson, readSidecar, writeConfig } from './snapshot-files.mjs';
import { findVm, runtimeView } from './vm.mjs';
import { restore } from './vm-clone.mjs';
import { mergedResources, validateHostCpu } from './vm-flags.mjs';
import { writeTraces } from './vm-records.mjs';

const WHERE = 'cmd.vm.restore';

export async function run(context) {
  const {
    conf,
    log,
    flags,
    words: [vmRef, ref],
    signal,
  } = context;
  makeVmDirectories(conf);
  const record = await within(`find VM ${vmRef}`, () => findVm(conf, vmRef, signal));
  makeSnapshotDirectories(conf);
  const find = (index) => findSnapshot(index, ref);
  const snapshot = await within('inspect snapshot', () => snapshotIndex(conf).read(signal, find));
  if (!Object.hasOwn(record.snapshot_ids ?? {}, snapshot.id)) {
    throw new Failure(`snapshot ${ref} does not belong to VM ${vmRef}`);
  }
  const [has, needs] = [record.network_configs?.length ?? 0, snapshot.nics ?? 0];
  if (has !== needs) throw new Failure(`nic count mismatch: vm has ${has}, snapshot has ${needs}`);
  const config = { ...record.config, ...mergedResources(flags, record.config, snapshot) };
  const wantsJson = flags.output === 'json';
  if (!wantsJson) log.info(WHERE, `restoring VM ${vmRef} from snapshot ${ref} (direct) ...`);
  const restored = await within('restore', () => restoreVm(context, record, snapshot, config));
  if (wantsJson) process.stdout.write(marshalIndented(publicVm(runtimeView(restored))));
  else log.info(WHERE, `VM ${record.id} restored (state: running)`);
}

async function restoreVm({ conf, log, signal }, record, snapshot, config) {
  const { id, run_dir: runDir, state } = record;
  validateHostCpu(config.cpu);
  if (state !== 'running') throw new Failure(`vm ${id} is ${state}, must be running to restore`);
  await within('snapshot preflight', () => preflight(snapshot.data_dir, record));
  try {
    removeSnapshotFiles(runDir);
    await within('clone snapshot files', () => cloneFiles(snapshot.data_dir, runDir));
    const storage = record.storage_configs.slice(0, readSidecar(runDir, 'load snapshot meta: ').length);
    const vmm = readJson(join(runDir, 'config.json'));
    await within('patch config', () => writeConfig(runDir, vmm, { storage, vm: config }));
    await within('resize COW', () => growOverlay(join(runDir, 'overlay.qcow2'), config.storage, signal));
    restore(runDir);
  } catch (error) {
    await vmIndex(conf).update(signal, (index) => Object.assign(index.vms[id], { state: 'error', updated_at: now() }));
    throw error;
  }
  writeTraces(record);
  log.info('cloudhypervisor.Restore', `VM ${id} restored from snapshot`);
  const time = now();
  const changes = { config: vmConfig(config), state: 'running', started_at: time, updated_at: time };
  return await vmIndex(conf).update(signal, (index) => Object.assign(index.vms[id], changes));
}

/** The snapshot may lack the last disks of the record, if they are for cloud-init. */
function preflight(directory, { storage_configs: kept = [] }) {
  const disks = readSidecar(directory, '');
  checkSnapshot(directory, disks, readJson(join(directory, 'config.json'), 'parse snapshot config: '));
  if (disks.length > kept.length) {
    throw new Failure(`snapshot has ${disks.length} disks, record only ${kept.length}`);
  }
  for (const [at, { role }] of disks.entries()) {
    if (kept[at].role === role) continue;
    throw new Failure(`disk[${at}] role mismatch: snapshot=${role} record=${kept[at].role}`);
  }
}

function removeSnapshotFiles(runDir) {
  const names = /^(memory-range.*|config\.json|state\.json|cocoon\.json|data-.*\.raw)$/;
  for (const name of readdirSync(runDir)) if (names.test(name)) rmSync(join(runDir, name));
}
