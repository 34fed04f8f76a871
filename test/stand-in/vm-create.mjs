/** `vm create` and `vm run`: from an image of the index, whose file only has to be there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnProgram } from './child.mjs';
import { Failure, within } from './failure.mjs';
import { openDisks } from './hypervisor.mjs';
import { hexOf, imageIndex, lookup, ociIndex } from './image-index.mjs';
import { marshalIndented, now } from './json.mjs';
import { isFilled, layoutOf, makeImageDirectories, makeVmDirectories } from './layout.mjs';
import { publicVm, vmIndex } from './named-index.mjs';
import { networksFor } from './networks.mjs';
import { newId } from './new-id.mjs';
import { growOverlay } from './snapshot-files.mjs';
import { runtimeView } from './vm.mjs';
import { createConfig, validateHostCpu } from './vm-flags.mjs';
import { withReservedVm, writeTraces } from './vm-records.mjs';

export async function createVm(context) {
  const vm = await create(context);
  if (printed(context, vm)) return;
  const { id, config, state } = vm;
  context.log.info('cmd.vm.create', `VM created: ${id} (name: ${config.name}, state: ${state})`);
  context.log.info('cmd.vm.create', `start with: cocoon vm start ${id}`);
}

export async function runVm(context) {
  const { conf, log, flags, signal } = context;
  const created = await create(context);
  const { id } = created;
  if (flags.output !== 'json') log.info('cmd.vm.run', `VM created: ${id} (name: ${created.config.name})`);
  const layout = layoutOf(conf);
  const place = { run_dir: layout.vmRunDir(id), log_dir: layout.vmLogDir(id) };
  const failure = start(place, created);
  const record = await vmIndex(conf).update(signal, (index) => markStarted(index.vms[id], failure));
  if (failure !== null) {
    const item = `item ${id}: launch VM: ${failure}`;
    log.warn('cloud-hypervisor.Start', `Start: ${item}`);
    throw new Failure(`start VM ${id}: ${item}`);
  }
  if (!printed(context, runtimeView(record))) log.info('cmd.vm.run', `started: ${id}`);
}

function printed({ flags }, vm) {
  if (flags.output === 'json') process.stdout.write(marshalIndented(publicVm(vm)));
  return flags.output === 'json';
}

/** A hypervisor that cannot open a disk ends before its socket is there. */
function start(place, { storage_configs: storage }) {
  const disks = storage.map(({ path, ro }) => {
    const isQcow2 = path.endsWith('.qcow2');
    return { path, image_type: isQcow2 ? 'Qcow2' : 'Raw', backing_files: isQcow2 && !ro };
  });
  if (openDisks(disks) !== null) return 'cloud-hypervisor exited before socket was ready';
  writeTraces(place);
  return null;
}

function markStarted(record, failure) {
  const time = now();
  record.updated_at = time;
  if (failure === null) Object.assign(record, { state: 'running', started_at: time, first_booted: true });
  else record.state = 'error';
  return record;
}

async function create(context) {
  const {
    conf,
    flags,
    words: [image],
    signal,
  } = context;
  if (flags.fc) throw new Failure('the stand-in starts no Firecracker');
  if (flags['data-disk'].length > 0) throw new Failure('the stand-in makes no data disks');
  const config = createConfig(flags, image);
  if (flags.bridge !== '' && flags.network !== '') throw new Failure('--bridge and --network are mutually exclusive');
  makeImageDirectories(conf);
  makeVmDirectories(conf, ['cloudhypervisor']);
  const base = await resolveImage(conf, signal, config);
  const id = newId();
  const networks = networksFor(id, flags, config, 0);
  validateHostCpu(config.cpu);
  return await within('create VM', () =>
    withReservedVm(context, { id, config, blobs: { [base.hex]: {} } }, async ({ run_dir: runDir }) => {
      const storage = [await makeOverlay(runDir, base.path, config.storage, signal)];
      if (!config.windows) storage.push(makeCidata(runDir, config.name));
      const record = { boot_config: { firmware_path: layoutOf(conf).firmware } };
      return { state: 'created', more: { network_configs: networks, storage_configs: storage }, record };
    }),
  );
}

async function resolveImage(conf, signal, config) {
  const layout = layoutOf(conf);
  const refuse = (reason) => {
    const quoted = JSON.stringify(config.image);
    const oci = `oci: image ${quoted} not found for VM ${config.name}`;
    throw new Failure(`image ${quoted} not resolved: ${oci}; cloudimg: ${reason}`);
  };
  await ociIndex(conf).read(signal, () => {});
  const entry = await imageIndex(conf).read(signal, (index) => lookup(index, config.image));
  if (entry === undefined) return refuse(`image ${JSON.stringify(config.image)} not found for VM ${config.name}`);
  Object.assign(config, { image_digest: entry.content_sum, image_type: 'cloudimg' });
  const hex = hexOf(entry.content_sum);
  const path = layout.blob(hex);
  if (!isFilled(path)) return refuse(`blob invalid for VM ${config.name} (${entry.content_sum})`);
  if (!isFilled(layout.firmware)) return refuse(`firmware not found: ${layout.firmware}`);
  return { hex, path };
}

async function makeOverlay(runDir, base, storage, signal) {
  const path = join(runDir, 'overlay.qcow2');
  const args = ['create', '-f', 'qcow2', '-F', 'qcow2', '-b', base, path];
  const { status, output } = await spawnProgram('qemu-img', args, signal);
  if (status !== 'exit status 0') throw new Failure(`qemu-img create overlay: ${output}: ${status}`);
  await within('expand overlay', () => growOverlay(path, storage, signal));
  return { path, ro: false, serial: '', role: 'cow' };
}

function makeCidata(runDir, name) {
  const path = join(runDir, 'cidata.img');
  writeFileSync(path, Buffer.alloc(1 << 20, `instance ${name}\n`), { mode: 0o600 });
  return { path, ro: true, serial: '', role: 'cidata' };
}
