import { basename } from 'node:path';
import { keptWhole } from '../archive/kept-content.js';
import { readArchive } from '../archive/read-archive.js';
import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { DOCUMENT_LIMIT } from '../store/json-limits.js';
import { parseSnapshotJson } from '../store/snapshot-json.js';
import type { Store } from '../store/store.js';
import { type ArchiveFiles, archivedRawDisks, archiveFacts, keptRead } from './archive-facts.js';
import { attempt, entryOf } from './entry.js';
import { judgeFiles } from './judge-files.js';
import { type BlobPlace, type JudgedOverlay, judgeOverlayContent } from './overlay.js';
import type { Run } from './run.js';
import { judgeKind } from './verify-snapshot.js';

/** A snapshot as `snapshot export` writes it. */
export interface ArchiveToJudge {
  /** What it is called. */
  readonly name: string;
  /** A file, an open descriptor, or a stream. */
  readonly source: string | number | AsyncIterable<Uint8Array>;
}

/**
 * Rules 4 to 17 for what `snapshot import` would unpack, as it streams by; nothing is unpacked. Of an overlay that is too
 * large to be kept, rule 10 is left to the clone, which judges what was imported.
 */
export async function verifyArchive(
  run: Run,
  store: Store,
  { name: ref, source }: ArchiveToJudge,
): Promise<EntryReport> {
  const findings: Finding[] = [];
  const read = await attempt(findings, ref, () => {
    return readArchive(source, { name: ref, ...(run.signal === undefined ? {} : { signal: run.signal }) });
  });
  if (read === null) return entryOf({ ref, findings });
  if (read.kind === 'malformed') return entryOf({ ref, findings: [malformed(ref, read)] });
  const files: ArchiveFiles = new Map(read.entries.map((entry) => [entry.name, entry]));
  const record = recordOf(ref, files);
  if ('code' in record) return entryOf({ ref, findings: [record] });
  const unsupported = judgeKind(record, ref);
  if (unsupported !== null) return entryOf({ ref, name: record.name || null, findings: [unsupported] });
  const facts = archiveFacts(ref, files, record);
  const rawDisks = archivedRawDisks(facts, files);
  const judgeOverlay = (path: string, place: BlobPlace) => judgeArchived(ref, files, path, place, run.signal);
  return await judgeFiles(run, store, { ref, id: null, facts, rawDisks, findings, judgeOverlay, ensure: null });
}

function recordOf(archive: string, files: ArchiveFiles) {
  const subject = `${archive}/snapshot.json`;
  const entry = files.get('snapshot.json');
  const bytes = entry === undefined ? null : keptWhole(entry.kept, DOCUMENT_LIMIT);
  if (bytes === null) return finding('sidecar-malformed', `it has more than ${DOCUMENT_LIMIT} bytes`, { subject });
  const parsed = parseSnapshotJson(bytes, archive);
  if (parsed.kind === 'ok') return parsed.record;
  return finding(parsed.kind === 'malformed' ? 'sidecar-malformed' : 'snapshot-unsupported', parsed.reason, {
    subject,
  });
}

async function judgeArchived(
  archive: string,
  files: ArchiveFiles,
  path: string,
  place: BlobPlace,
  signal: AbortSignal | undefined,
): Promise<JudgedOverlay> {
  const entry = files.get(basename(path));
  if (entry === undefined) return { findings: [], header: null, base: null, basePath: null, identity: null };
  const { read, isWhole } = keptRead(archive, entry);
  const tables = isWhole ? ('unknown' as const) : ('unread' as const);
  const judged = await judgeOverlayContent(read, { path, size: Number(entry.size), tables }, place, signal);
  if (isWhole) return judged;
  const unread = finding('overlay-tables-unread', 'its tables are left to the check before the clone', {
    subject: path,
  });
  return { ...judged, findings: [...judged.findings, unread] };
}

function malformed(
  subject: string,
  { reason, entry, offset }: { readonly reason: string; readonly entry: string | null; readonly offset: number },
): Finding {
  const where = entry === null ? `at byte ${offset}` : `entry ${JSON.stringify(entry)}`;
  return finding('archive-malformed', `${where}: ${reason}`, { subject, actual: entry });
}
