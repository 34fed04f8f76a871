import type { ArchiveEntry } from './archive-entry.js';
import type { ByteSource } from './byte-source.js';
import { type EntryHead, entryHead } from './entry-head.js';
import type { Keep, KeepQuestion } from './keep.js';
import { keepContent } from './keep-content.js';
import { type ArchiveLimits, BLOCK_BYTES, PAX_LIMIT, RECORD_NAME, TRAILING_LIMIT } from './limits.js';
import { Malformed } from './malformed.js';
import { type PaxKey, readPaxRecords } from './pax-records.js';
import { isZero, readTarHeader, type TarHeader } from './tar-header.js';

export interface EntryOptions {
  readonly keep: (question: KeepQuestion) => Keep;
  readonly limits: ArchiveLimits;
}

/** What the entries so far have taken of the limits. Bytes. */
interface Spent {
  readonly unpacked: number;
  readonly kept: number;
}

/** Reads a tar to its end. Throws `Malformed`, and what the source throws. */
export async function readEntries(tar: ByteSource, { keep, limits }: EntryOptions): Promise<readonly ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const names = new Set<string>();
  let spent: Spent = { unpacked: 0, kept: 0 };
  for (;;) {
    const head = await nextHead(tar, limits);
    if (head === null) break;
    checkHead(head, names, spent, limits);
    names.add(head.name);
    const { name, mode, size, stored, segments } = head;
    const wanted = keep({ name, size, stored });
    const { kept, cost } = await inEntry(name, async () => {
      const content = await keepContent(tar, head, wanted, limits.keptBytes - spent.kept);
      await skipPadding(tar, stored);
      return content;
    });
    spent = { unpacked: spent.unpacked + size, kept: spent.kept + cost };
    const sparse = segments === null ? null : { segments: segments.length / 2 };
    entries.push({ name, mode, size: BigInt(size), stored: BigInt(stored), sparse, kept });
  }
  if (entries.length === 0) throw new Malformed(`it holds nothing, not even ${RECORD_NAME}`);
  await expectZeros(tar);
  return entries;
}

/** The next file, or null at the end mark: two blocks of zeros (POSIX pax, "ustar Interchange Format"). */
async function nextHead(tar: ByteSource, limits: ArchiveLimits): Promise<EntryHead | null> {
  const first = await nextHeader(tar);
  if (first === null) return null;
  if (first.kind === 'file') return entryHead(first, null, limits.unpackedBytes);
  // Go writes the name of the file behind this (writer.go, writePAXHeader); known to nobody else, so for messages only.
  const name = first.name.slice(first.name.lastIndexOf('/') + 1);
  const records = await inEntry(name, () => readRecords(tar, first));
  const header = await nextHeader(tar);
  if (header === null) throw new Malformed('the archive ends behind PAX records, before their file', name);
  if (header.kind === 'records') throw new Malformed('PAX records follow PAX records', name);
  return entryHead(header, records, limits.unpackedBytes);
}

async function nextHeader(tar: ByteSource): Promise<TarHeader | null> {
  const block = Buffer.alloc(BLOCK_BYTES);
  await fillBlock(tar, block);
  if (!isZero(block)) return readTarHeader(block);
  await fillBlock(tar, block);
  if (!isZero(block)) throw new Malformed('something follows the first half of the end mark');
  return null;
}

/** Go takes an archive that ends anywhere between two entries for a whole one. */
async function fillBlock(tar: ByteSource, block: Buffer): Promise<void> {
  if ((await tar.fill(block)) < BLOCK_BYTES) throw new Malformed('the archive ends without its end mark');
}

async function readRecords(tar: ByteSource, { size }: TarHeader): Promise<ReadonlyMap<PaxKey, string>> {
  if (size > PAX_LIMIT) throw new Malformed(`its PAX records have ${size} bytes, more than ${PAX_LIMIT}`);
  const records = Buffer.alloc(size);
  if ((await tar.fill(records)) < size) throw new Malformed('the archive ends within PAX records');
  await skipPadding(tar, size);
  return readPaxRecords(records);
}

function checkHead({ name, size }: EntryHead, names: ReadonlySet<string>, spent: Spent, limits: ArchiveLimits): void {
  if (names.size === 0 && name !== RECORD_NAME) throw new Malformed(`the first entry is not ${RECORD_NAME}`, name);
  // Cocoon writes the later one over the earlier.
  if (names.has(name)) throw new Malformed('the name stands there twice', name);
  if (names.size >= limits.entries) throw new Malformed(`it holds more than ${limits.entries} entries`, name);
  if (spent.unpacked + size > limits.unpackedBytes) {
    throw new Malformed(`with this file it unpacks to more than ${limits.unpackedBytes} bytes`, name);
  }
}

/** What fills the last block behind `length` bytes. Go writes zeros, and reads whatever is there. */
async function skipPadding(tar: ByteSource, length: number): Promise<void> {
  const padding = Buffer.alloc((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES);
  if ((await tar.fill(padding)) < padding.length) throw new Malformed('the archive ends within a block');
  if (!isZero(padding)) throw new Malformed('a block is filled with something else than zeros');
}

/** Reads on to the end: what follows the end mark is unpacked by some and ignored by others. */
async function expectZeros(tar: ByteSource): Promise<void> {
  const bytes = Buffer.alloc(64 * 1024);
  for (let length = 0; length <= TRAILING_LIMIT; ) {
    const filled = await tar.fill(bytes);
    if (filled === 0) return;
    if (!isZero(bytes.subarray(0, filled))) throw new Malformed('something follows the end mark');
    length += filled;
  }
  throw new Malformed(`more than ${TRAILING_LIMIT} bytes follow the end mark`);
}

/** Adds the entry's name to what is found in it. */
async function inEntry<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Malformed && error.entry === null ? new Malformed(error.message, name) : error;
  }
}
