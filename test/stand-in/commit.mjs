/** Puts a downloaded or imported file in place as a blob, and its reference into the index. */
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { spawnProgram } from './child.mjs';
import { attempt, Failure, within } from './failure.mjs';
import { failAt } from './failures.mjs';
import { imageIndex } from './image-index.mjs';
import { now } from './json.mjs';
import { isFilled, layoutOf } from './layout.mjs';
import { lock } from './lock.mjs';
import { inspectSource } from './source.mjs';

/** What stands at the blob's path is kept, if it is a file and not empty: nobody looks what is in it. */
export async function commitBlob(context, { ref, source, hex, progress }) {
  const { conf, env, signal } = context;
  const layout = layoutOf(conf);
  const blob = layout.blob(hex);
  const prepared = isFilled(blob) ? null : await prepare(context, source, hex, progress);
  try {
    progress.committing();
    await updateIndex(conf, signal, async (index) => {
      if (prepared !== null && !isFilled(blob)) {
        attempt(`rename blob: rename ${prepared}`, blob, () => renameSync(prepared, blob));
        chmodSync(blob, 0o444);
      }
      await failAt('committed', env);
      putEntry(index, ref, hex, blob);
    });
    progress.done();
  } finally {
    if (prepared !== null) rmSync(prepared, { force: true });
  }
}

/** Only the entry: the blob is there. */
export async function commitEntry({ conf, signal }, { ref, hex, progress }) {
  progress.committing();
  await updateIndex(conf, signal, (index) => putEntry(index, ref, hex, layoutOf(conf).blob(hex)));
  progress.done();
}

function updateIndex(conf, signal, change) {
  return within('update index', () => imageIndex(conf).update(signal, change));
}

function putEntry(index, ref, hex, blob) {
  const { size } = attempt(`stat blob ${blob}: stat`, blob, () => statSync(blob));
  index.images[ref] = { ref, content_sum: `sha256:${hex}`, size, created_at: now() };
  index.images = Object.fromEntries(Object.entries(index.images).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Renames what is qcow2 version 3 already; converts all else, one at a time for each digest. */
async function prepare({ conf, log, signal }, source, hex, progress) {
  const layout = layoutOf(conf);
  const target = layout.temporaryBlob(hex);
  const { format, isFinal } = await within('inspect image', () => inspectSource(source, signal));
  if (isFinal) {
    attempt(`rename tmp blob: rename ${source}`, target, () => renameSync(source, target));
    log.debug('cloudimg.commit', `source already qcow2 v3, renamed to ${target}`);
    return target;
  }
  const release = await within('acquire convert lock', () => lock(`${target}.lock`, signal));
  try {
    if (isFilled(layout.blob(hex))) return null;
    progress.converting();
    await convert(format, source, target, signal);
    return target;
  } finally {
    release();
  }
}

async function convert(format, source, target, signal) {
  const args = ['convert', '-f', format, '-O', 'qcow2', '-o', 'compat=1.1', source, target];
  const { status, output } = await spawnProgram('qemu-img', args, signal);
  if (status === 'exit status 0') return;
  rmSync(target, { force: true });
  throw new Failure(`qemu-img convert: ${output}: ${status}`);
}
