import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SnapshotRecord } from '../store/records.js';

/** Every way in which this root is written: as given, with links resolved, as the record has it. */
export async function rootSpellings(root: string, record: SnapshotRecord): Promise<string[]> {
  const byRecord = dirname(dirname(dirname(record.dataDir)));
  const resolved = await realpathOrNull(root);
  const spelled = [root, ...(resolved === null ? [] : [resolved])];
  // The record's spelling counts only where it leads to this very root.
  if ((await realpathOrNull(byRecord)) === resolved && resolved !== null) spelled.push(byRecord);
  return [...new Set(spelled)];
}

/** A path without links; null where it leads nowhere. */
export async function realpathOrNull(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    return null;
  }
}
