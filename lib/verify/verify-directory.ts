import { join } from 'node:path';
import { systemErrorText } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import { type NotPrivate, whyNotPrivate } from '../file/private.js';
import { readWhole } from '../file/read-whole.js';
import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { DOCUMENT_LIMIT } from '../store/json-limits.js';
import type { SnapshotRecord } from '../store/records.js';
import { readSnapshotDirectory } from '../store/snapshot-directory.js';
import { parseSnapshotJson } from '../store/snapshot-json.js';
import type { Store } from '../store/store.js';
import { entryOf } from './entry.js';
import type { Run } from './run.js';
import { verifyRecord } from './verify-snapshot.js';

/** A directory as `snapshot export --to-dir` writes it, and the virtual machine that would be restored from it. */
export interface DirectoryToJudge {
  /** As it was given. */
  readonly directory: string;
  readonly vm?: string | undefined;
}

/** Reasons that are listed; a directory that is not private may have ten thousand. */
const SHOWN = 5;

/**
 * Rules 4 to 17 for what `vm clone --from-dir` and `vm restore --from-dir` take in a snapshot's place. Nobody else may be
 * able to change it between our look and cocoon's (`from-dir-not-private`).
 */
export async function verifyDirectory(
  run: Run,
  store: Store,
  { directory: ref, vm }: DirectoryToJudge,
): Promise<EntryReport> {
  const directory = absolutePath(ref);
  run.passesBy(directory);
  const exposed = judgePrivacy(await whyNotPrivate(directory));
  const listed = await readSnapshotDirectory(directory, { root: store.root, outside: true });
  const found = readRecord(directory);
  if ('code' in found) return entryOf({ ref, findings: [...exposed, found] });
  const entry = await verifyRecord(run, store, { ref, record: found, vm, outside: true, listed });
  return exposed.length === 0 ? entry : entryOf({ ...entry, findings: [...exposed, ...entry.findings] });
}

function judgePrivacy(reasons: readonly NotPrivate[]): Finding[] {
  const findings = reasons
    .slice(0, SHOWN)
    .map(({ path: subject, kind, reason }) =>
      kind === 'unreadable'
        ? finding('file-unreadable', reason, { subject })
        : finding('from-dir-not-private', reason, { subject, remedy: kind === 'missing' ? 'check the path' : null }),
    );
  const more = reasons.length - findings.length;
  if (more > 0) findings.push(finding('from-dir-not-private', `${more} more places that others can change`));
  return findings;
}

function readRecord(directory: string): SnapshotRecord | Finding {
  const subject = join(directory, 'snapshot.json');
  const read = readWhole(subject, DOCUMENT_LIMIT);
  if (read.kind === 'unreadable') {
    return finding('file-unreadable', `cannot be read: ${systemErrorText(read.error)}`, { subject });
  }
  if (read.kind === 'missing' || read.kind === 'not-regular') {
    const actual = read.kind === 'missing' ? 'missing' : read.what;
    const message = 'snapshot.json, which says what the snapshot is of, is not there as a regular file';
    return finding('snapshot-file-missing', message, { subject, expectedFrom: 'cocoon', actual });
  }
  if (read.kind === 'too-large') {
    return finding('sidecar-malformed', `it has ${read.bytes} bytes, more than ${read.limit}`, { subject });
  }
  const parsed = parseSnapshotJson(read.bytes, directory);
  if (parsed.kind === 'ok') return parsed.record;
  return finding(parsed.kind === 'malformed' ? 'sidecar-malformed' : 'snapshot-unsupported', parsed.reason, {
    subject,
  });
}
