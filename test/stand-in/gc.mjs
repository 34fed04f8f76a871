/** `gc`: all locks at once or nothing, then everything that no record names. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attempt, Failure, within } from './failure.mjs';
import { hexOf, imageIndex, ociIndex } from './image-index.mjs';
import {
  layoutOf,
  makeDirectories,
  makeImageDirectories,
  makeNetworkDirectories,
  makeSnapshotDirectories,
  makeVmDirectories,
} from './layout.mjs';
import { tryLock } from './lock.mjs';
import { snapshotIndex, vmIndex } from './named-index.mjs';

const TEMP_AGE_MS = 3_600_000;

export async function run({ conf, log }) {
  makeImageDirectories(conf);
  makeNetworkDirectories(conf);
  makeSnapshotDirectories(conf);
  makeVmDirectories(conf);
  const layout = layoutOf(conf);
  makeDirectories('init bridge', [dirname(layout.bridgeLock)]);
  const locks = [
    ['oci', layout.ociImages.lockPath],
    ['cloudimg', layout.images.lockPath],
    ['cloud-hypervisor', layout.vms.lockPath],
    ['firecracker', layout.firecrackerVms.lockPath],
    ['cni', layout.networkLock],
    ['bridge', layout.bridgeLock],
    ['snapshot', layout.snapshots.lockPath],
  ];
  const held = [];
  try {
    await takeAll(locks, held, log);
    await collect(conf, layout);
  } finally {
    for (const release of held) release();
  }
  log.info('cmd.gc', 'GC completed');
}

async function takeAll(locks, held, log) {
  const busy = [];
  for (const [name, path] of locks) {
    const release = await tryLock(path);
    if (release !== null) {
      held.push(release);
      continue;
    }
    log.warn('gc.Run', `skip ${name}: lock held by another operation`);
    busy.push(name);
  }
  if (busy.length > 0) throw new Failure(`gc aborted: modules skipped (lock busy): ${busy.join(', ')}`);
}

async function collect(conf, layout) {
  const snapshotOf = (name, index) => within(`gc aborted: snapshot ${name}`, () => index.load());
  await snapshotOf('oci', ociIndex(conf));
  const { images } = await snapshotOf('cloudimg', imageIndex(conf));
  const { vms } = await snapshotOf('cloud-hypervisor', vmIndex(conf));
  const { vms: others } = await snapshotOf('firecracker', vmIndex(conf, layout.firecrackerVms));
  const { snapshots } = await snapshotOf('snapshot', snapshotIndex(conf));
  const records = [...Object.values(snapshots), ...Object.values(vms), ...Object.values(others)];
  const pinned = records.flatMap((record) => Object.keys(record?.image_blob_ids ?? {}));
  const entries = Object.values(images).filter((entry) => entry !== null);
  collectBlobs(layout, new Set([...pinned, ...entries.map((entry) => hexOf(entry.content_sum))]));
  const vmIds = new Set([...Object.keys(vms), 'db']);
  rewriteAfter(removeOthers(layout.runFolder, vmIds) + removeOthers(layout.logFolder, vmIds), vmIndex(conf));
  rewriteAfter(removeOthers(layout.snapshotFolder, new Set(Object.keys(snapshots))), snapshotIndex(conf));
}

/** Old temporary files go only when a blob goes. */
function collectBlobs({ blobs, blob, temp }, named) {
  const files = readdirSync(blobs, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const stems = files.filter(({ name }) => name.endsWith('.qcow2')).map(({ name }) => name.slice(0, -'.qcow2'.length));
  const unnamed = stems.filter((stem) => !named.has(stem)).sort();
  if (unnamed.length === 0) return;
  removeStale(temp);
  for (const hex of unnamed) attempt('remove', blob(hex), () => rmSync(blob(hex), { force: true }));
}

function removeStale(temp) {
  const cutoff = Date.now() - TEMP_AGE_MS;
  for (const entry of readdirSync(temp, { withFileTypes: true })) {
    if (!entry.isDirectory() && entry.name.endsWith('.lock')) continue;
    const path = join(temp, entry.name);
    if (statSync(path).mtimeMs < cutoff) rmSync(path, { recursive: true, force: true });
  }
}

/** An index is written again, unchanged, where a directory was removed. */
function rewriteAfter(removed, index) {
  if (removed > 0) index.store(index.load());
}

function removeOthers(folder, known) {
  let removed = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || known.has(entry.name)) continue;
    rmSync(join(folder, entry.name), { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
