/**
 * Reads forward through bytes. The first problem stays: whatever is read after it is zero or empty and moves nothing, so
 * a reader needs no check of its own after each field, and ends as soon as one has failed.
 */
export interface Cursor {
  readonly bytes: Buffer;
  /** Byte offset of what is read next. */
  at: number;
  problem: Problem | null;
}

export interface Problem {
  readonly reason: string;
  /** Byte offset of what could not be read. */
  readonly offset: number;
  /** The field in which it stands, outermost first; put together on the way out. */
  readonly path: string[];
}

export function cursorAt(bytes: Buffer, at: number): Cursor {
  return { bytes, at, problem: null };
}

export function remaining(cursor: Cursor): number {
  return cursor.bytes.length - cursor.at;
}

/** Notes why reading cannot go on; `offset` is that of the value at fault. The first one noted stays. */
export function fail(cursor: Cursor, offset: number, reason: string): void {
  cursor.problem ??= { reason, offset, path: [] };
}

/** Moves over `length` bytes and gives the offset at which they begin; null where they are not there. */
export function take(cursor: Cursor, length: number): number | null {
  if (cursor.problem !== null) return null;
  if (length > remaining(cursor)) {
    fail(cursor, cursor.at, `${length} bytes are read where ${remaining(cursor)} are left`);
    return null;
  }
  const at = cursor.at;
  cursor.at += length;
  return at;
}

/** Reads a field and puts its name before the path of a problem found in it. */
export function within<T>(cursor: Cursor, name: string, read: (cursor: Cursor) => T): T {
  const sound = cursor.problem === null;
  const value = read(cursor);
  if (sound) cursor.problem?.path.unshift(name);
  return value;
}

/** A problem in words: the field, then the reason. */
export function describe(problem: Problem): string {
  const field = problem.path.join('.').replaceAll('.[', '[');
  return field === '' ? problem.reason : `${field}: ${problem.reason}`;
}
