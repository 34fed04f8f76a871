import { basename } from 'node:path';
import { type Finding, finding } from '../finding/finding.js';
import type { BlobReport, DiskReport, EntryReport } from '../report/documents.js';
import { blobName } from '../store/blob.js';
import type { OciImageEntry, SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attempt } from './entry.js';
import { withLayerHealing } from './heal-layer.js';
import { filesOf, type OciParts, ociParts, partsOfImage } from './oci-parts.js';
import { isOciImage, witnessedBy } from './origin.js';
import { judgeCommandLine } from './rules/boot-files.js';
import { type ImageParts, judgeLayers } from './rules/layers.js';
import type { Run } from './run.js';
import type { SnapshotFacts } from './snapshot-facts.js';
import { ownDisks } from './snapshot-rules.js';

export interface OciFilesToJudge {
  readonly facts: SnapshotFacts;
  readonly roots: readonly string[];
  /** Gets what is found. */
  readonly findings: Finding[];
  /** The snapshot, as `blobcheck seal` takes it; null for one that is in no store. */
  readonly sealedAs: string | null;
}

/** Rules 12 to 16 for a snapshot of an OCI image: its layers and boot files, and whether they are the ones that are meant. */
export async function judgeOciFiles(
  run: Run,
  store: Store,
  { facts, roots, findings, sealedAs }: OciFilesToJudge,
): Promise<Pick<EntryReport, 'disks' | 'blobs'>> {
  const { record, directory, sidecar } = facts;
  const parts = ociParts(facts, roots);
  const blobs: BlobReport[] = [];
  for (const file of await filesOf(store, parts, facts, roots)) {
    const { path } = file;
    const judged = await run.blob({ ...file, indexedBytes: [] });
    const asker = { path, image: pullReference(record), sealedAs, place: run.place };
    findings.push(...witnessedBy('cocoon.json', withLayerHealing(judged.findings, asker)));
    blobs.push(judged.report);
  }
  const sidecarPath = `${directory}/cocoon.json`;
  const entries = await attempt(findings, sidecarPath, () => imageEntries(store, record));
  if (entries !== null && sidecar.kind === 'ok') {
    const { indexed, named } = entries;
    findings.push(
      ...judgeLayers({
        sidecarPath,
        opened: partsOf(parts),
        pinned: record.imageBlobIds,
        indexed: indexed && partsOf(partsOfImage(indexed)),
        image: record.image === '' ? null : record.image,
        imageLeadsTo: named?.manifestDigest ?? null,
        imageDigest: record.imageDigest,
      }),
    );
  }
  findings.push(...judgeKernelWords(facts, sidecarPath), ...judgeLayerSizes(facts, parts, blobs));
  return { disks: [...layerDisks(parts, blobs), ...ownDisks(facts)], blobs };
}

/** What `cocoon image pull` takes for the very image that the record means, as cocoon itself puts it (digestPullRef). */
function pullReference({ image, imageDigest }: SnapshotRecord): string {
  if (image === '' || imageDigest === null) return image;
  const [tagged = ''] = image.split('@', 1);
  return `${tagged.replace(/:[^:/]*$/, '')}@${imageDigest}`;
}

/** The entry of the very image that the record means, and the one that its name leads to now. */
async function imageEntries(store: Store, { image, imageDigest }: SnapshotRecord) {
  const named = image === '' ? undefined : (await store.image(image)).find(isOciImage);
  const isMeant = (entry: OciImageEntry) => imageDigest === null || entry.manifestDigest === imageDigest;
  if (named !== undefined && isMeant(named)) return { indexed: named, named };
  const byDigest = imageDigest === null ? undefined : (await store.image(imageDigest)).find(isOciImage);
  return { indexed: byDigest !== undefined && isMeant(byDigest) ? byDigest : null, named: named ?? null };
}

function partsOf({ layers, kernel, initrd }: OciParts): ImageParts {
  return { layers: layers.map(({ hex }) => hex), kernel: kernel?.hex ?? null, initrd: initrd?.hex ?? null };
}

/** Of a Cloud Hypervisor: Firecracker's snapshots keep no command line, and cocoon writes a new one for each clone. */
function judgeKernelWords({ kind, sidecar, config }: SnapshotFacts, sidecarPath: string): Finding[] {
  if (kind !== 'oci' || sidecar.kind !== 'ok' || config.kind !== 'ok') return [];
  const layers = sidecar.value.storage_configs.filter(({ role }) => role === 'layer');
  const cmdline = config.value.payload?.cmdline ?? '';
  return judgeCommandLine(
    sidecarPath,
    cmdline,
    layers.map(({ serial }) => serial),
  );
}

/** The guest knows how large each layer was when the snapshot was taken: a witness that is not the store's. */
function judgeLayerSizes({ state, config, sidecar }: SnapshotFacts, parts: OciParts, blobs: readonly BlobReport[]) {
  if (state.kind !== 'ok' || config.kind !== 'ok' || sidecar.kind !== 'ok') return [];
  const findings: Finding[] = [];
  sidecar.value.storage_configs.forEach(({ role, path }, index) => {
    const known = state.value.disks.get(config.value.disks[index]?.id ?? '');
    const layer = role === 'layer' ? parts.layers.find((blob) => path.endsWith(`/${blobName(blob)}`)) : undefined;
    const report = layer && blobs.find((blob) => blob.path.endsWith(`/${blobName(layer)}`));
    if (known === undefined || report === undefined || report.bytes === null || BigInt(report.bytes) === known) return;
    findings.push(
      finding('blob-size-mismatch', 'the layer has another size than when the snapshot was taken', {
        subject: report.path,
        expected: `${known} bytes`,
        expectedFrom: 'state.json',
        actual: `${report.bytes} bytes`,
      }),
    );
  });
  return findings;
}

function layerDisks({ layers }: OciParts, blobs: readonly BlobReport[]): DiskReport[] {
  return layers.map((layer) => {
    const file = blobName(layer);
    const report = blobs.find(({ path }) => basename(path) === file);
    return { file, role: 'layer', format: 'raw', virtualSize: report?.bytes ?? null, dirty: null, chain: [] };
  });
}
