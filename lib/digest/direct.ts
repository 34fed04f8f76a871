import { constants } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import { type FileIdentity, identityOf, sameIdentity } from '../file/identity.js';
import type { OpenFile } from '../file/open-file.js';
import { type Opened, openRegular } from '../file/open-regular.js';
import { startProgram } from '../start-program.js';
import { PAGE_BYTES, pageAlignedBuffer } from './aligned-memory.js';
import type { ReadFrom } from './read-from.js';

/** As `openRegular`; a regular file also says where reads of it come from. */
export type OpenedDirect =
  | (Extract<Opened, { kind: 'regular' }> & { readonly readFrom: ReadFrom })
  | Exclude<Opened, { kind: 'regular' }>;

/**
 * File systems that take O_DIRECT and serve it from memory all the same (numbers: statfs(2), OpenZFS' zfs_vfsops):
 * tmpfs and ramfs have no medium; ZFS before 2.3 ignores the flag, and checks its own blocks.
 */
const SERVED_FROM_MEMORY = new Set([0x01021994n, 0x858458f6n, 0x2fc12fc1n]);

/**
 * Opens a regular file past the page cache (O_DIRECT): `readFrom` `disk`. Where the file system refuses that, at open
 * or at the first read, or only pretends, the file is opened for buffered reads and `readFrom` is `cache`. Reads of a
 * `disk` handle need page-aligned memory (`takeBufferPair`). The caller closes the handle.
 *
 * Not promised: ext4 with `data=journal` or inline data, and btrfs with compressed extents, fall back to the page cache
 * without a word. Dropping the file's pages first (`dropPageCache`) covers them.
 */
export async function openDirect(path: string): Promise<OpenedDirect> {
  const direct = await openRegular(path, constants.O_DIRECT);
  if (direct.kind === 'regular') {
    if (await readsPastTheCache(direct.handle)) return { ...direct, readFrom: 'disk' };
    await direct.handle.close();
  } else if (direct.kind !== 'unreadable' || systemErrorCode(direct.error) !== 'EINVAL') {
    return direct;
  }
  const buffered = await openRegular(path);
  return buffered.kind === 'regular' ? { ...buffered, readFrom: 'cache' } : buffered;
}

/**
 * The same file opened once more, for reads past the page cache; null where the file system does not let us, or the name
 * leads to another file, or to one that was touched since: then only the descriptor that was judged is worth a read.
 */
export async function openSameDirect(path: string, judged: FileIdentity): Promise<OpenFile | null> {
  const opened = await openDirect(path);
  if (opened.kind !== 'regular') return null;
  if (opened.readFrom === 'disk' && sameIdentity(identityOf(opened.stats), judged)) return opened.handle;
  await opened.handle.close();
  return null;
}

async function readsPastTheCache(handle: OpenFile): Promise<boolean> {
  try {
    const { type } = await statfs(`/proc/self/fd/${handle.fd}`, { bigint: true });
    if (SERVED_FROM_MEMORY.has(type)) return false;
    await handle.read(pageAlignedBuffer(PAGE_BYTES), 0, PAGE_BYTES, 0);
    return true;
  } catch (error) {
    // Any other error is the medium's, and hashing will find its offset.
    return systemErrorCode(error) !== 'EINVAL';
  }
}

/**
 * Asks the kernel to forget the cached pages of one open file, so that the next read comes from the medium; needs no
 * privilege. Only clean pages go, so the file is flushed first. Never fails: false where `dd` (coreutils) is absent or
 * would not, and true is no proof either (a page that a running VM maps stays).
 */
export async function dropPageCache(handle: OpenFile): Promise<boolean> {
  // A flush that fails leaves dirty pages, which stay; what they are worth shows in the read that follows.
  await handle.sync().catch(() => {});
  return await new Promise((resolve) => {
    // On our own descriptor, not on the name: it may lead to another file by now, or read as an option.
    const child = startProgram(
      'dd',
      ['iflag=nocache', 'count=0', 'status=none'],
      { stdio: [handle.fd, 'ignore', 'ignore'], env: { PATH: '/usr/bin:/bin' } },
      () => resolve(false),
    );
    child?.on('close', (code) => resolve(code === 0));
  });
}
