/** The records of VMs: reserved, finished, or taken back. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { now } from './json.mjs';
import { layoutOf, makeDirectories } from './layout.mjs';
import { put, vmConfig, vmIndex, vmRecord } from './named-index.mjs';

/** Takes the name and makes the directories; `work` fills them, and what it throws takes everything back. */
export async function withReservedVm({ conf, signal }, { id, config, blobs }, work) {
  const layout = layoutOf(conf);
  const place = { run_dir: layout.vmRunDir(id), log_dir: layout.vmLogDir(id) };
  const made = now();
  await vmIndex(conf).update(signal, (index) => {
    const taken = index.names[config.name];
    if (taken !== undefined) {
      const name = JSON.stringify(config.name);
      throw new Failure(`reserve VM record: vm name ${name} already exists (id: ${taken})`);
    }
    index.names[config.name] = id;
    put(index, 'vms', id, { ...bare(id, 'creating', config, made), image_blob_ids: blobs, ...place });
  });
  try {
    makeDirectories('ensure dirs', [place.run_dir, place.log_dir]);
    const { state, more = {}, record = {} } = await work(place);
    const started = state === 'running' ? { started_at: made } : {};
    const vm = { ...bare(id, state, config, made), ...more, ...started };
    await vmIndex(conf).update(signal, (index) => {
      put(index, 'vms', id, vmRecord({ ...vm, ...record, image_blob_ids: blobs, ...place }));
    });
    return vm;
  } catch (error) {
    removePlace(place);
    // Also after an interruption: cocoon does not leave the name taken.
    await vmIndex(conf).update(undefined, (index) => {
      delete index.vms[id];
      if (index.names[config.name] === id) delete index.names[config.name];
    });
    throw error;
  }
}

function bare(id, state, config, made) {
  const times = { created_at: made, updated_at: made };
  return { id, hypervisor: 'cloud-hypervisor', state, config: vmConfig(config), pid: 0, first_booted: false, ...times };
}

export function removePlace({ run_dir: runDir, log_dir: logDir }) {
  rmSync(runDir, { recursive: true, force: true });
  rmSync(logDir, { recursive: true, force: true });
}

/** No process: its log is empty, and its number is that of the stand-in, which is gone when anybody asks. */
export function writeTraces({ run_dir: runDir, log_dir: logDir }) {
  writeFileSync(join(logDir, 'cloud-hypervisor.log'), '');
  writeFileSync(join(runDir, 'ch.pid'), `${process.pid}\n`, { mode: 0o600 });
}
