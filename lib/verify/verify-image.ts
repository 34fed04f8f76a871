import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { firmware } from '../store/layout.js';
import type { CloudImageEntry } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { missingFirmware } from './firmware.js';
import { withHealing } from './heal.js';
import { ensureImage, hexOf, indexedBase, isCloudImage, storeBlobPath, witnessedBy } from './origin.js';
import { judgeFirmware } from './rules/firmware.js';
import type { Run } from './run.js';

/** Rules 12 to 16 for what the index says a new VM would be started from. */
export async function verifyImage(run: Run, store: Store, ref: string): Promise<EntryReport> {
  const findings: Finding[] = [];
  const entries = await attempt(findings, ref, () => store.image(ref));
  const entry = entries?.find(isCloudImage);
  if (entries !== null) findings.push(...judgeEntries(entries.length, entry, ref));
  if (entry === undefined || findings.length > 0) return entryOf({ ref, name: entry?.ref ?? null, findings });
  const blob = hexOf(entry);
  const base = await attempt(findings, ref, async () => {
    const { request, origin } = await indexedBase(store, blob, storeBlobPath(store, blob), {
      image: entry.ref,
      ensure: ensureImage(entry.ref),
    });
    const judged = await run.blob(request);
    findings.push(...witnessedBy('image index', withHealing(judged.findings, origin)));
    return judged;
  });
  const absent = await attempt(findings, ref, () => missingFirmware(firmware(store.root)));
  findings.push(...judgeFirmware(absent));
  return entryOf({ ref, name: entry.ref, findings, blobs: base === null ? [] : [base.report] });
}

function judgeEntries(count: number, entry: CloudImageEntry | undefined, ref: string): Finding[] {
  const subject = ref;
  if (entry === undefined && count > 0) {
    return [finding('snapshot-unsupported', `${ref} is an OCI image, which this version cannot judge`, { subject })];
  }
  if (entry === undefined) {
    return [finding('image-not-found', `no image in the local index is called ${ref}`, { subject })];
  }
  if (count > 1) {
    const message = `${ref} is a cloud image and an OCI image, and cocoon asks which is meant`;
    return [finding('snapshot-unsupported', message, { subject })];
  }
  if (/^[0-9a-f]{64}$/.test(hexOf(entry))) return [];
  const message = `the index names no SHA-256 digest for ${ref}: ${entry.contentSum}`;
  return [finding('metadata-unreadable', message, { subject })];
}
