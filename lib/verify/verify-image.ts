import { type Finding, finding } from '../finding/finding.js';
import type { BlobReport, EntryReport } from '../report/documents.js';
import { firmware } from '../store/layout.js';
import type { CloudImageEntry, ImageEntry, OciImageEntry } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { missingFirmware } from './firmware.js';
import { withHealing } from './heal.js';
import { withLayerHealing } from './heal-layer.js';
import { filesOf, partsOfImage } from './oci-parts.js';
import { ensureImage, hexOf, indexedBase, isCloudImage, storeBlobPath, witnessedBy } from './origin.js';
import { judgeFirmware } from './rules/firmware.js';
import type { Run } from './run.js';

/** Rules 12 to 16 for what the index says a new VM would be started from. */
export async function verifyImage(run: Run, store: Store, ref: string): Promise<EntryReport> {
  const findings: Finding[] = [];
  const entries = await attempt(findings, ref, () => store.image(ref));
  if (entries !== null) findings.push(...judgeEntries(entries, ref));
  const [entry] = entries ?? [];
  if (entry === undefined || findings.length > 0) return entryOf({ ref, name: entry?.ref ?? null, findings });
  return isCloudImage(entry)
    ? await verifyCloudImage(run, store, ref, entry)
    : await verifyOciImage(run, store, ref, entry);
}

async function verifyCloudImage(run: Run, store: Store, ref: string, entry: CloudImageEntry): Promise<EntryReport> {
  const findings: Finding[] = [];
  const blob = hexOf(entry);
  const base = await attempt(findings, ref, async () => {
    const { request, origin } = await indexedBase(store, blob, storeBlobPath(store, blob), {
      image: entry.ref,
      ensure: ensureImage(run.place, entry.ref),
      place: run.place,
    });
    const judged = await run.blob(request);
    findings.push(...witnessedBy('image index', withHealing(judged.findings, origin)));
    return judged;
  });
  const absent = await attempt(findings, ref, () => missingFirmware(firmware(store.root)));
  findings.push(...judgeFirmware(absent));
  return entryOf({ ref, name: entry.ref, findings, blobs: base === null ? [] : [base.report] });
}

/** An image has a kernel and an initial RAM disk, or no machine is made of it (images/oci, Config). */
async function verifyOciImage(run: Run, store: Store, ref: string, entry: OciImageEntry): Promise<EntryReport> {
  const findings: Finding[] = [];
  const blobs: BlobReport[] = [];
  if (entry.kernelLayer === null || entry.initrdLayer === null) {
    const what = entry.kernelLayer === null ? 'a kernel' : 'an initial RAM disk';
    findings.push(finding('boot-file-missing', `no layer of the image has ${what}`, { subject: entry.ref }));
  }
  // A VM may be started on either hypervisor.
  for (const file of await filesOf(store, partsOfImage(entry), { kind: 'firecracker' }, [store.root])) {
    const { path } = file;
    const judged = await run.blob({ ...file, indexedBytes: [] });
    const asker = { path, image: entry.ref, sealedAs: null, place: run.place };
    findings.push(...witnessedBy('image index', withLayerHealing(judged.findings, asker)));
    blobs.push(judged.report);
  }
  return entryOf({ ref, name: entry.ref, findings, blobs });
}

function judgeEntries(entries: readonly ImageEntry[], ref: string): Finding[] {
  const subject = ref;
  const [entry, ...others] = entries;
  if (entry === undefined) {
    return [finding('image-not-found', `no image in the local index is called ${ref}`, { subject })];
  }
  if (others.length > 0) {
    const message = `${ref} is a cloud image and an OCI image, and cocoon asks which is meant`;
    return [finding('snapshot-unsupported', message, { subject })];
  }
  return digestsOf(entry)
    .filter((digest) => !/^sha256:[0-9a-f]{64}$|^[0-9a-f]{64}$/.test(digest))
    .map((digest) => {
      const message = `the index names no SHA-256 digest for ${ref}: ${digest || 'none'}`;
      return finding('metadata-unreadable', message, { subject });
    });
}

function digestsOf(entry: ImageEntry): readonly string[] {
  if (isCloudImage(entry)) return [entry.contentSum];
  return [...entry.layers, entry.kernelLayer, entry.initrdLayer].filter((digest) => digest !== null);
}
