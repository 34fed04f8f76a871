import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import type { FileIdentity } from '../file/identity.js';
import { provingFileSystemAt, settledNs } from '../file/identity-proof.js';
import { ociBoot, snapshotIndex, snapshotParent } from '../store/layout.js';
import { openStore } from '../store/open.js';
import { memoryName } from '../store/snapshot-kind.js';
import type { Store } from '../store/store.js';
import { DEFAULT_MAX_AGE_MS } from '../trust/receipt-answer.js';
import { identityFromRecord } from '../trust/receipt-record.js';
import { readReceipt } from '../trust/receipts.js';
import { type StampedFile, type StampedFiles, stampText } from '../trust/stamp.js';
import { folderOf, openState, type StateDirectory } from '../trust/state-directory.js';
import { blobsOf } from './blob-targets.js';
import { storeBlobPath } from './origin.js';
import { rootSpellings } from './root-spellings.js';
import type { StoreCheckOptions } from './run.js';
import { readSnapshotFacts, type SnapshotFacts } from './snapshot-facts.js';

/**
 * What an allow for a clone rests on, as far as files show it. Why each thing that could change the verdict changes one
 * of these files:
 *
 * - the reference leads to another snapshot, or to none: a save, an import and a removal make or remove a directory in
 *   `snapshot/localfile`, whose times change; a clone does not. Asked for by exact name or id only: a prefix could
 *   become ambiguous.
 * - the record is edited in its place, which no cocoon does: the JSON index itself, as long as no cocoon rewrites it at
 *   every clone (then, and in a database, such an edit shows when the stamp ends).
 * - the snapshot's directory is another one, or a file in it is added, taken away, replaced, written to, or gets other
 *   rights: the directory's times, each file's inode and ctime. Guest memory is hard-linked by every clone, so there
 *   inode, size and mtime count; its content is not judged.
 * - the base, a layer or a boot file is replaced, written to or gone, under any name that the snapshot may call it by: its
 *   inode and ctime.
 * - somebody finds one of them bad, through whatever snapshot, or decides anew what it must be: its receipt is replaced or
 *   removed first. A seal that is taken away: the seal. A read that is too long ago: the stamp ends with the receipt.
 * - a link on the way (the root, a program, the firmware) leads elsewhere: files are named as they are opened, so
 *   another file answers; links themselves are listed, too.
 * - a directory of the store is moved away and another put in its place, which changes the times of no file in it: its own
 *   times, or those of the directory above it in the store.
 * - the base that stands there is not the one whose receipt says good: no stamp is made.
 * - the firmware, the settings of this node, this program, Node, cocoon, the hypervisor or qemu-img is another one.
 * - the metadata moves to another engine, options and environment, other programs are found: bin/stamp.sh looks for
 *   these itself, and they stand in the question.
 */
export interface StampFacts {
  /** The snapshot that the reference leads to. */
  readonly id: string;
  readonly files: StampedFiles;
  /** All of it, to compare. */
  readonly text: string;
  /** Nanoseconds since 1970: a look that began after this has seen these files as they are. */
  readonly settledNs: bigint;
  /** Seconds since 1970: the end of what the receipts speak for. */
  readonly until: number;
  readonly state: StateDirectory;
}

/**
 * Looks at the files behind a snapshot that is asked for by its exact name or id. Null where nothing can be promised of
 * them: another kind of reference, no receipt, a file system whose times prove nothing, a path that `sh` would misread.
 * `others` are further files: programs and settings. Never throws for what is on the disk.
 */
export async function stampFacts(
  ref: string,
  others: readonly string[],
  options: StoreCheckOptions,
): Promise<StampFacts | null> {
  try {
    const store = await openStore(await options.location);
    try {
      return await factsIn(store, ref, others, options);
    } finally {
      await store.close();
    }
  } catch (error) {
    // Whatever it is, the check itself has said it, or will.
    if (error instanceof BlobcheckError || systemErrorCode(error) !== null) return null;
    throw error;
  }
}

async function factsIn(
  store: Store,
  ref: string,
  others: readonly string[],
  options: StoreCheckOptions,
): Promise<StampFacts | null> {
  const resolved = await store.resolve(ref);
  if (resolved.kind !== 'found' || resolved.by === 'prefix') return null;
  const record = await store.snapshot(resolved.id);
  const facts = await readSnapshotFacts(record, store);
  const found = await blobsOf(store, resolved.id, ref, options.signal);
  if (facts.listing.kind !== 'directory' || !facts.readable || 'code' in found) return null;
  const state = await openState(options.stateDir, store.root);
  const remembered = await Promise.all(found.map(({ blob }) => rememberedBlob(state, blob)));
  const known = remembered.filter((each) => each !== null);
  if (known.length !== found.length) return null;

  const roots = await rootSpellings(store.root, record);
  const names = facts.listing.entries.map(({ name }) => name);
  const isMemory = (name: string) => name.startsWith('memory-range') || name === memoryName(facts.kind);
  const memory = names.filter(isMemory);
  const inDirectory = names.filter((name) => !memory.includes(name)).map((name) => join(record.dataDir, name));
  const all = [
    ...inDirectory,
    ...roots.flatMap((root) => [snapshotParent(root), dirname(snapshotParent(root))]),
    ...found.flatMap(({ blob }) => roots.flatMap((root) => pathsIn(root, blob))),
    ...(store.engine === 'json' && record.lastAccessedAt === null ? [snapshotIndex(store.root)] : []),
    ...known.flatMap(({ paths }) => paths),
  ];
  const judged = [...new Set(all)];
  if (memory.length !== 1 || !(await allProve([record.dataDir, ...judged]))) return null;
  const files = {
    directory: await stamped(record.dataDir),
    files: await Promise.all([...judged, ...(await withLinks([...firmwareOf(facts), ...others]))].map(stamped)),
    memory: await stampedMemory(join(record.dataDir, memory[0] ?? '')),
  };
  const isRead = known.every(({ blob, identity }) =>
    roots.every((root) => isFileOf(files, pathOf(root, blob), identity)),
  );
  if (!isRead) return null;
  const text = stampText({ question: '', from: 0, until: 0, warnings: [], ...files });
  const until = Math.min(...known.map((each) => each.until));
  return text === null ? null : { id: resolved.id, files, text, settledNs: newest(files), until, state };
}

/** What is remembered of a blob that an allow rests on. */
interface RememberedBlob {
  readonly blob: string;
  /** The receipt and the seal. */
  readonly paths: readonly string[];
  readonly until: number;
  /** The file that the receipt is of. */
  readonly identity: FileIdentity;
}

/** Null where nothing is remembered, or nothing good. */
async function rememberedBlob(state: StateDirectory, blob: string): Promise<RememberedBlob | null> {
  const { path } = state;
  const receipt = await readReceipt(state, blob);
  if (path === null || receipt.kind === 'none' || receipt.receipt.result !== 'good') return null;
  return {
    blob,
    identity: identityFromRecord(receipt.receipt.identity),
    paths: (['receipts', 'seals'] as const).map((section) => join(folderOf(path, state, section), `${blob}.json`)),
    until: Math.floor((Date.parse(receipt.receipt.at) + DEFAULT_MAX_AGE_MS) / 1000),
  };
}

const pathOf = (root: string, name: string) => storeBlobPath({ root }, name);

/**
 * A blob, and the directories of the store above it, but for those whose entries come and go with other images. The one of
 * a kernel shows, too, when it is unpacked: that is what Firecracker boots.
 */
function pathsIn(root: string, name: string): readonly string[] {
  const path = pathOf(root, name);
  const directory = dirname(path);
  const isBootFile = dirname(directory) === ociBoot(root);
  return isBootFile ? [path, directory, dirname(ociBoot(root))] : [path, dirname(directory)];
}

/** Whether what is listed of a path is the file of a receipt. */
function isFileOf({ files }: StampedFiles, path: string, { inode, size, ctimeNs }: FileIdentity): boolean {
  return files.some((file) => {
    return file.path === path && file.inode === inode && file.size === size && file.timeNs === ctimeNs;
  });
}

function firmwareOf({ config }: SnapshotFacts): readonly string[] {
  const path = config.kind === 'ok' ? config.value.payload?.firmware : undefined;
  return path ? [path] : [];
}

async function allProve(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if ((await provingFileSystemAt(path)) === null) return false;
  return true;
}

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** The paths, and every link between each and the file that it leads to. Throws system errors. */
async function withLinks(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    let at = path;
    for (let links = 0; links < MOST_LINKS; links++) {
      all.push(at);
      if (!(await lstat(at)).isSymbolicLink()) break;
      // Not cleaned: the text of a link may go up behind another one.
      at = absolutePath(await readlink(at), await realpath(dirname(at)));
    }
  }
  return all;
}

async function stamped(path: string): Promise<StampedFile> {
  const { ino, size, ctimeNs } = await lstat(path, { bigint: true });
  return { path, inode: ino, size, timeNs: ctimeNs };
}

async function stampedMemory(path: string): Promise<StampedFile> {
  const { ino, size, mtimeNs } = await lstat(path, { bigint: true });
  return { path, inode: ino, size, timeNs: mtimeNs };
}

function newest({ directory, files, memory }: StampedFiles): bigint {
  const times = [directory, ...files, ...(memory === null ? [] : [memory])].map(({ timeNs }) => settledNs(timeNs));
  return times.sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
}
