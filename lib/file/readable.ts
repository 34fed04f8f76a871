import type { FileHandle } from 'node:fs/promises';

/** The part of a `FileHandle` that hashing needs. */
export type Readable = Pick<FileHandle, 'read' | 'stat'>;
