import { realpathSync } from 'node:fs';
import { dirname, normalize } from 'node:path';
import type { SnapshotRecord } from '../store/records.js';

/** Every way in which this root is written: as given, with links resolved, as the record has it. */
export async function rootSpellings(root: string, record: SnapshotRecord): Promise<string[]> {
  const resolved = await realpathOrNull(root);
  const spelled = [root, ...(resolved === null ? [] : [resolved])];
  const byRecord = dirname(dirname(dirname(record.dataDir)));
  // The record's spelling counts only where it leads to this very root, and for everybody who uses it.
  const isNew = resolved !== null && !spelled.includes(byRecord);
  if (isNew && leadsEverybody(byRecord) && (await realpathOrNull(byRecord)) === resolved) spelled.push(byRecord);
  return [...new Set(spelled)];
}

/** `..` after a link and the links of /proc lead one program here and another elsewhere. */
function leadsEverybody(path: string): boolean {
  return path.startsWith('/') && normalize(path) === path && !path.startsWith('/proc/');
}

/** A path without links; null where it leads nowhere. */
export async function realpathOrNull(path: string): Promise<string | null> {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
