/** The files of a snapshot: how they get into a run directory, what cocoon checks, and what it changes in them. */
import {
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { spawnProgram } from './child.mjs';
import { attempt, Failure, pathError } from './failure.mjs';
import { parseGoJson } from './json.mjs';
import { headOf } from './source.mjs';

/** Guest memory by hard link, disks that are written with their holes, everything else byte for byte. */
export async function cloneFiles(from, to) {
  const config = readJson(join(from, 'config.json'), 'parse source config: ');
  const written = new Set((config.disks ?? []).filter(({ readonly }) => !readonly).map(({ path }) => basename(path)));
  for (const entry of attempt('read srcDir: open', from, () => readdirSync(from, { withFileTypes: true }))) {
    if (!entry.isFile()) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.name.startsWith('memory-range')) linkMemory(source, target);
    else if (written.has(entry.name)) await copyWithHoles(source, target);
    else copyFileSync(source, target);
  }
}

function linkMemory(source, target) {
  try {
    linkSync(source, target);
  } catch (error) {
    if (error.code !== 'EXDEV') throw pathError(`link ${basename(source)}: link ${source}`, target, error);
    symlinkSync(source, target);
  }
}

async function copyWithHoles(source, target) {
  const args = ['--reflink=auto', '--sparse=always', '--no-preserve=all', '--', source, target];
  const { status, output } = await spawnProgram('cp', args);
  if (status !== 'exit status 0') throw new Failure(`copy COW ${basename(source)}: ${output}`);
}

/** `named` is what the file is called in an error. */
export function readJson(path, context = '', named = path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${context}read ${named}: ${pathError('open', path, error).message}`);
  }
  try {
    return parseGoJson(text);
  } catch (error) {
    throw new Failure(`${context}decode ${named}: ${error.message}`);
  }
}

export function readSidecar(directory, context) {
  return readJson(join(directory, 'cocoon.json'), context, 'cocoon.json').storage_configs ?? [];
}

/** What cocoon looks at before it hands a snapshot to the hypervisor. */
export function checkSnapshot(directory, disks, config) {
  for (const [at, disk] of disks.entries()) checkRole(disk, at);
  for (const disk of disks) {
    const name = disk.role === 'data' ? `data-${disk.serial}.raw` : basename(disk.path);
    if (disk.role === 'layer') continue;
    const path = join(directory, name);
    attempt(`snapshot file ${name} missing: stat`, path, () => statSync(path));
  }
  const opened = config.disks ?? [];
  if (disks.length !== opened.length) {
    throw new Failure(`sidecar/config.json mismatch: ${disks.length} vs ${opened.length} disks`);
  }
  for (const [at, { path, ro }] of disks.entries()) {
    const { path: other, readonly = false } = opened[at];
    if (path !== other) {
      const both = `${JSON.stringify(path)} vs ${JSON.stringify(other)}`;
      throw new Failure(`sidecar/config.json disk[${at}] path mismatch: ${both}`);
    }
    if (ro !== readonly) {
      throw new Failure(`sidecar/config.json disk[${at}] readonly mismatch: sidecar=${ro} config=${readonly}`);
    }
  }
  const state = join(directory, 'state.json');
  attempt('state.json missing: stat', state, () => statSync(state));
  if (!readdirSync(directory).some((name) => name.startsWith('memory-range'))) {
    throw new Failure('no memory-range-* file in snapshot');
  }
}

function checkRole({ role, ro, path }, at) {
  const where = `sidecar invalid: storage config ${at} (${path})`;
  if (!['layer', 'cow', 'cidata', 'data'].includes(role)) {
    throw new Failure(`${where}: role must be one of layer/cow/cidata/data, got ${JSON.stringify(role ?? '')}`);
  }
  const mustBe = role === 'layer' || role === 'cidata';
  if (ro !== mustBe) throw new Failure(`${where}: role ${role} requires RO=${mustBe}`);
}

/** Grows an overlay that is smaller than the VM's storage. */
export async function growOverlay(path, storage, signal) {
  const descriptor = attempt(`read qcow2 virtual size ${path}: open`, path, () => openSync(path, 'r'));
  const header = headOf(descriptor, 32);
  closeSync(descriptor);
  if (header.length < 32) throw new Failure(`read qcow2 virtual size ${path}: read header: unexpected EOF`);
  if (storage <= Number(header.readBigUInt64BE(24))) return;
  const { status, output } = await spawnProgram('qemu-img', ['resize', path, String(storage)], signal);
  if (status !== 'exit status 0') throw new Failure(`qemu-img resize ${path}: ${output}: ${status}`);
}

export function writeConfig(directory, config, { storage, vm }) {
  const disks = config.disks ?? [];
  if (storage.length !== disks.length) {
    const counts = `storageConfigs=${storage.length}, CH config=${disks.length}`;
    throw new Failure(`disk count mismatch: ${counts}`);
  }
  const patched = { ...config };
  patched.disks = disks.map((disk, at) => {
    const direct = storage[at].direct_io ?? !(storage[at].ro || vm.no_direct_io);
    return { ...disk, path: storage[at].path, queue_size: vm.disk_queue_size || 512, direct };
  });
  patched.serial = { mode: 'Socket', socket: join(directory, 'console.sock') };
  patched.console = { mode: 'Off' };
  patched.cpus = { ...config.cpus, boot_vcpus: vm.cpu };
  patched.memory = { ...config.memory, size: vm.memory };
  if (vm.windows) delete patched.balloon;
  else patched.balloon = { ...config.balloon, size: vm.memory / 4 };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(patched), { mode: 0o600 });
}

/** Paths of the source's disks become those of the clone's, wherever `state.json` has one. */
export function writeState(directory, replacements) {
  if (replacements.size === 0) return;
  const path = join(directory, 'state.json');
  const revive = (key, value) => {
    return key === 'disk_path' || key === 'path' ? (replacements.get(value) ?? value) : value;
  };
  writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8'), revive)), { mode: 0o600 });
}
