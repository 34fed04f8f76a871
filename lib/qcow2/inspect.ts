import { realpath } from 'node:fs/promises';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { type ReadAt, readAtOf } from '../file/read-at.js';
import { type ChainEndReason, readChain } from './chain.js';
import { type HeaderFacts, readHeader } from './header.js';
import { type InspectedHeader, inspectHeader } from './inspect-header.js';
import type { TableFacts } from './table-facts.js';
import { walkTables } from './tables.js';

/** What is in one image, and below it; plain values, made for JSON. */
export interface Inspected {
  /** As it was asked for. */
  readonly path: string;
  /** Absolute, without symbolic links. */
  readonly resolved: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly format: HeaderFacts['kind'];
  /** Null where it is not a whole qcow2 header. */
  readonly header: InspectedHeader | null;
  readonly tables: TableFacts | null;
  readonly chain: {
    readonly links: readonly {
      readonly path: string;
      readonly named: string | null;
      readonly namedFormat: string | null;
      readonly size: number;
      readonly format: HeaderFacts['kind'];
    }[];
    readonly end: { readonly reason: ChainEndReason; readonly detail: string };
  };
}

export interface InspectOptions {
  readonly maxDepth?: number;
  readonly signal?: AbortSignal;
}

/** Reads all there is to know of an image and judges nothing. Throws `unreadable` where there is no regular file. */
export async function inspectFile(path: string, options: InspectOptions = {}): Promise<Inspected> {
  const resolved = await resolveFile(path);
  const opened = await openRegular(resolved);
  if (opened.kind === 'missing') throw new BlobcheckError('unreadable', 'no such file', { path });
  if (opened.kind === 'not-regular') throw new BlobcheckError('unreadable', `it is a ${opened.what}`, { path });
  if (opened.kind === 'unreadable') {
    throw new BlobcheckError('unreadable', systemErrorText(opened.error), { path, cause: opened.error });
  }
  try {
    const size = Number(opened.stats.size);
    const own = await inspectOpen(readAtOf(opened.handle, path), size, options.signal);
    return { path, resolved, size, ...own, chain: await inspectChain(resolved, options) };
  } finally {
    await opened.handle.close();
  }
}

async function resolveFile(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new BlobcheckError('unreadable', systemErrorText(cause), { path, cause });
  }
}

async function inspectOpen(
  read: ReadAt,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Pick<Inspected, 'format' | 'header' | 'tables'>> {
  const facts = await readHeader(read, size);
  if (facts.kind !== 'qcow2') return { format: facts.kind, header: null, tables: null };
  const tables = await walkTables(read, facts.header, signal === undefined ? {} : { signal });
  return { format: 'qcow2', header: await inspectHeader(read, facts.header), tables };
}

async function inspectChain(path: string, options: InspectOptions): Promise<Inspected['chain']> {
  const chain = await readChain(path, options);
  const links = chain.links.map(({ facts, ...link }) => ({ ...link, format: facts.kind }));
  return { links, end: chain.end };
}
