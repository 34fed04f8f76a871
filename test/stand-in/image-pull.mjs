/** `image pull`. */
import { closeSync, rmSync } from 'node:fs';
import { commitBlob } from './commit.mjs';
import { download } from './download.mjs';
import { Failure, within } from './failure.mjs';
import { hexOf, imageIndex, lookup } from './image-index.mjs';
import { isFilled, layoutOf, makeImageDirectories } from './layout.mjs';
import { humanSize } from './sizes.mjs';
import { refuseOther } from './source.mjs';
import { temporaryFile } from './temporary-file.mjs';

export const isUrl = (ref) => ref.startsWith('http://') || ref.startsWith('https://');

export async function run(context) {
  makeImageDirectories(context.conf);
  for (const ref of context.words) {
    const progress = shownProgress(context.log, ref);
    await within(`pull ${ref}`, async () => {
      if (!isUrl(ref)) throw new Failure(`fetch image ${ref}: the stand-in asks no registry`);
      await pullUrl(context, ref, context.flags.force, progress);
    });
  }
}

/** Skips what the index has and what has a file, unless it is forced. */
export async function pullUrl(context, url, force, progress) {
  const { conf, log, signal } = context;
  const layout = layoutOf(conf);
  const index = imageIndex(conf);
  if (!force) {
    const isThere = await index.read(signal, (read) => {
      const entry = lookup(read, url);
      return entry !== undefined && isFilled(layout.blob(hexOf(entry.content_sum)));
    });
    if (isThere) {
      log.debug('cloudimg.pull', `image ${url} already cached, skipping`);
      return;
    }
  }
  const file = temporaryFile(layout.temp, 'pull-', '.img');
  try {
    const hex = await download(context, url, file.descriptor, progress);
    await within(`download ${url}`, () => refuseOther(file.descriptor));
    await commitBlob(context, { ref: url, source: file.path, hex, progress });
    log.info('cloudimg.pull', `pull complete: ${url} -> sha256:${hex}`);
  } finally {
    closeSync(file.descriptor);
    rmSync(file.path, { force: true });
  }
}

function shownProgress(log, url) {
  const say = (message) => log.info('cmd.images.pullCloudimg', message);
  return {
    started: (total) => say(`downloading cloud image ${url}${total > 0 ? ` (${humanSize(total)})` : ''}`),
    bytes: (done, total) => {
      const share = `${((done / total) * 100).toFixed(1)}%`;
      const text = total > 0 ? `${humanSize(done)} / ${humanSize(total)} (${share})` : `${humanSize(done)} downloaded`;
      process.stdout.write(`\r  ${text}`);
    },
    converting: () => {
      process.stdout.write('\n');
      say('converting to qcow2...');
    },
    committing: () => say('committing...'),
    done: () => say(`done: ${url}`),
  };
}

export const silentProgress = { started() {}, bytes() {}, converting() {}, committing() {}, done() {} };
