/** `vm list`, `vm inspect`, `vm rm`. A VM whose record says that it runs is taken to run: there is no process to ask. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, within } from './failure.mjs';
import { marshalIndented } from './json.mjs';
import { layoutOf, makeNetworkDirectories, makeVmDirectories } from './layout.mjs';
import { lock } from './lock.mjs';
import { NO_VM, publicVm, resolve, vmIndex } from './named-index.mjs';
import { bytesSize } from './sizes.mjs';
import { dateTime, table } from './table.mjs';
import { removePlace } from './vm-records.mjs';

const COLUMNS = ['ID', 'NAME', 'STATE', 'CPU', 'MEMORY', 'STORAGE', 'IP', 'IMAGE', 'CREATED'];

/** The record as it is shown, with what stands in the run directory. */
export function runtimeView(record) {
  if (record.state !== 'running') return record;
  return { ...record, pid: pidOf(record.run_dir), socket_path: join(record.run_dir, 'api.sock') };
}

function pidOf(runDir) {
  try {
    return Number(readFileSync(join(runDir, 'ch.pid'), 'utf8'));
  } catch {
    return 0;
  }
}

export async function listVms({ conf, flags, signal }) {
  makeVmDirectories(conf);
  const vms = [];
  for (const index of bothIndexes(conf)) {
    vms.push(...Object.values(await within('list', () => index.read(signal, (read) => read.vms))));
  }
  const present = vms.filter((record) => record !== null).map(runtimeView);
  present.sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  if (present.length === 0) process.stdout.write('No VMs found.\n');
  else if (flags.format === 'json') process.stdout.write(marshalIndented(present.map(publicVm)));
  else process.stdout.write(table([COLUMNS, ...present.map(rowOf)]));
}

function rowOf({ id, state, config, network_configs: networks = [], created_at: made }) {
  const addresses = networks.map(({ network }) => network?.ip).filter(Boolean);
  const { name, cpu = 0, memory = 0, storage = 0, image = '' } = config;
  const ip = addresses.length === 0 ? '-' : addresses.join(',');
  return [id, name, state, String(cpu), bytesSize(memory), bytesSize(storage), ip, image, dateTime(made)];
}

export async function inspectVm({ conf, words: [ref], signal }) {
  makeVmDirectories(conf);
  const record = await within('inspect', () => findVm(conf, ref, signal));
  process.stdout.write(marshalIndented(publicVm(runtimeView(record))));
}

/** In the records of either hypervisor. */
export async function findVm(conf, ref, signal) {
  for (const index of bothIndexes(conf)) {
    const record = await index.read(signal, (read) => tryResolve(read, ref));
    if (record !== null) return record;
  }
  throw new Failure(`vm ${ref}: ${NO_VM}`);
}

function tryResolve(index, ref) {
  try {
    return index.vms[resolve(index.vms, index.names, ref, NO_VM)];
  } catch (error) {
    if (error.message === NO_VM) return null;
    throw error;
  }
}

function bothIndexes(conf) {
  return [vmIndex(conf), vmIndex(conf, layoutOf(conf).firecrackerVms)];
}

export async function removeVms({ conf, log, flags, words, signal }) {
  makeVmDirectories(conf);
  const records = [];
  for (const ref of words) records.push(await findVm(conf, ref, signal));
  const ids = [...new Set(records.map(({ id }) => id))];
  const deleted = [];
  const refused = [];
  for (const id of ids) {
    const record = records.find((one) => one.id === id);
    if (record.state === 'running' && !flags.force) {
      refused.push(`item ${id}: stop before delete: running (force required)`);
      continue;
    }
    removePlace(record);
    await vmIndex(conf).update(signal, (index) => {
      delete index.names[record.config.name];
      delete index.vms[id];
    });
    deleted.push(id);
  }
  for (const reason of refused) log.warn('cloud-hypervisor.Delete', `Delete: ${reason}`);
  if (flags.output !== 'json') for (const id of deleted) log.info('cmd.vm.rm', `deleted VM: ${id}`);
  if (deleted.length > 0) {
    makeNetworkDirectories(conf);
    (await lock(layoutOf(conf).networkLock, signal))();
  }
  if (refused.length > 0) throw new Failure(`rm: ${refused.join('\n')}`);
  if (flags.output === 'json') process.stdout.write(marshalIndented({ succeeded: deleted }));
}
