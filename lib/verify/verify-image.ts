import { finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import type { Store } from '../store/store.js';
import { errorFinding } from './error-finding.js';
import { withHealing } from './heal.js';
import { hexOf, indexedBase, isCloudImage, storeBlobPath } from './origin.js';
import type { Run } from './run.js';
import { verdictOf } from './verdict.js';

/** Rules 12 to 16 for what the index says a new VM would be started from. */
export async function verifyImage(run: Run, store: Store, ref: string): Promise<EntryReport> {
  const blank = { ref, id: null, name: null, disks: [], blobs: [] };
  try {
    const entries = await store.image(ref);
    const entry = entries.find(isCloudImage);
    if (entry === undefined) {
      const found =
        entries.length > 0
          ? finding('snapshot-unsupported', `${ref} is an OCI image, which this version cannot judge`, { subject: ref })
          : finding('image-not-found', `no image in the local index is called ${ref}`, { subject: ref });
      return { ...blank, verdict: verdictOf([found]), findings: [found] };
    }
    const blob = hexOf(entry);
    if (!/^[0-9a-f]{64}$/.test(blob)) {
      const found = finding(
        'metadata-unreadable',
        `the index names no SHA-256 digest for ${ref}: ${entry.contentSum}`,
        {
          subject: ref,
        },
      );
      return { ...blank, name: entry.ref, verdict: verdictOf([found]), findings: [found] };
    }
    const { request, origin } = await indexedBase(store, blob, storeBlobPath(store, blob), entry.ref);
    const base = await run.base(request);
    const findings = withHealing(base.findings, origin).map((found) => namedByIndex(found));
    return { ...blank, name: entry.ref, verdict: verdictOf(findings), findings, blobs: [base.report] };
  } catch (error) {
    const findings = [errorFinding(error, ref)];
    return { ...blank, verdict: verdictOf(findings), findings };
  }
}

/** The witness here is the index, not an overlay's header. */
function namedByIndex<T extends { readonly expectedFrom: string | null }>(found: T): T {
  return found.expectedFrom === 'overlay header' ? { ...found, expectedFrom: 'image index' } : found;
}
