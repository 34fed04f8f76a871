import type { ReadAt } from '../../lib/file/read-at.js';
import { type Qcow2Header, readHeader } from '../../lib/qcow2/header.js';
import type { TableFacts } from '../../lib/qcow2/table-facts.js';
import { walkTables } from '../../lib/qcow2/tables.js';

/** Reads a buffer like a file; every answer is a copy, as it belongs to the caller. */
export function readBuffer(file: Buffer): ReadAt {
  return async (offset, length) => Buffer.from(file.subarray(offset, offset + length));
}

export async function headerOf(file: Buffer): Promise<Qcow2Header> {
  const facts = await readHeader(readBuffer(file), file.length);
  if (facts.kind !== 'qcow2') throw new Error(`the image has no header: ${facts.kind}`);
  return facts.header;
}

export async function tablesOf(file: Buffer): Promise<TableFacts> {
  return walkTables(readBuffer(file), await headerOf(file));
}

/** The kinds of the problems that the walk finds, in its order. */
export async function problemKinds(file: Buffer): Promise<string[]> {
  return (await tablesOf(file)).problems.map(({ kind }) => kind);
}
