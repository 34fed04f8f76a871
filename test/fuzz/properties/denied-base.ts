import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../../lib/report/documents.js';
import { MEMORY } from '../../../lib/sample/snapshot.js';
import { type VerifyRequest, verify } from '../../../lib/verify/verify.js';
import { inChunks } from '../../archive/every-way.js';
import { type ArchiveFile, buildTar, sparseFile } from '../../builders/archive.js';
import { assertOfCatalogue } from '../answers/findings-of-the-catalogue.js';
import { type CloudFault, cloudFaults, cloudNode } from '../inputs/cloud-nodes.js';
import { blobNamed, editedOverlay } from '../inputs/edited-overlay.js';
import { type OverlaySpec, onBlob, onlyIn, overlaySpec, recordEdits, sidecarEdits } from '../inputs/evidence-edits.js';
import {
  type Documents,
  type EvidenceEdits,
  editedDocuments,
  type FuzzNode,
  writeDocuments,
} from '../inputs/fuzz-node.js';
import { property } from '../property.js';
import { objectionToCloudImage } from '../second-opinions/cloud-image-objection.js';
import {
  directoryContent,
  documentIn,
  expectDirectory,
  member,
  objectionOf,
  type Questioned,
} from '../second-opinions/independent-check.js';

export interface Evidence {
  readonly fault: CloudFault;
  readonly hasState: boolean;
  readonly overlay: OverlaySpec;
  /** Whether the record names the blob that the overlay names. */
  readonly follows: boolean;
  readonly edits: EvidenceEdits;
}

/** In one or two places, or hardly any would come near an allow. */
const touched = fc.subarray(['name', 'overlay', 'record', 'cocoon', 'config', 'state'] as const, { maxLength: 2 });
const sound = fc.constantFrom('needed', 'other', 'other', 'converted');

const evidence = (record: typeof recordEdits): fc.Arbitrary<Evidence> =>
  fc
    .record({
      fault: fc.constantFrom(...cloudFaults),
      hasState: fc.constantFrom(true, true, false),
      overlay: overlaySpec,
      follows: fc.constantFrom(true, true, true, true, false),
      edits: fc.record({ record, cocoon: sidecarEdits, config: sidecarEdits, state: sidecarEdits }),
      touched,
      blob: sound,
    })
    .map(({ touched, blob, overlay, edits, ...rest }) => ({
      ...rest,
      overlay: {
        ...(touched.includes('name') ? overlay : onBlob(blob)),
        edits: touched.includes('overlay') ? overlay.edits : [],
      },
      edits: onlyIn(edits, touched),
    }));

async function verdictOf(node: FuzzNode, hasState: boolean, request: VerifyRequest): Promise<VerifyReport['verdict']> {
  const options = { location: node.location, stateDir: hasState ? node.state : null, tool: 'test' };
  const report = await verify(request, options);
  const [entry] = report.snapshots;
  assertOfCatalogue([...report.findings, ...(entry?.findings ?? [])]);
  assert.ok(entry !== undefined || report.verdict !== 'allow');
  return report.verdict;
}

/** The node as its record would be, were the snapshot made on what the overlay names. */
function nodeOf(node: FuzzNode, { follows, overlay }: Evidence): FuzzNode {
  const blob = follows ? blobNamed(node, overlay) : null;
  if (blob === null) return node;
  const record = { ...node.files.record, image_digest: `sha256:${blob}`, image_blob_ids: { [blob]: {} } };
  return { ...node, files: { ...node.files, record } };
}

export interface Judged {
  readonly verdict: VerifyReport['verdict'];
  /** Of the independent check. */
  objection(): string | null;
}

/** Verifies what the edits make of a snapshot on the disk. */
export async function judgedSnapshot(evidence: Evidence): Promise<Judged> {
  const node = nodeOf(await cloudNode(evidence.fault), evidence);
  const documents = editedDocuments(node, evidence.edits);
  writeDocuments(node, documents);
  writeFileSync(join(node.directory, 'overlay.qcow2'), editedOverlay(node, evidence.overlay));
  const verdict = await verdictOf(node, evidence.hasState, { snapshots: [node.snapshot] });
  return { verdict, objection: () => objectionToNode(node, documents) };
}

function objectionToNode(node: FuzzNode, documents: Documents): string | null {
  const { root, sealed, directory } = node;
  const record: unknown = JSON.parse(documents.record);
  const place = objectionOf(() => expectDirectory(record, directory));
  return place ?? objectionToCloudImage({ root, sealed, record, content: directoryContent(directory) });
}

/** The same of an archive of it, which is never unpacked. */
export async function judgedArchive(evidence: Evidence): Promise<Judged> {
  const node = nodeOf(await cloudNode(evidence.fault), evidence);
  const documents = editedDocuments(node, evidence.edits);
  const files: ArchiveFile[] = [
    { name: 'snapshot.json', content: `{"version":1,"config":${documents.record}}` },
    { name: 'overlay.qcow2', content: editedOverlay(node, evidence.overlay) },
    ...(['cocoon', 'config', 'state'] as const).map((name) => ({ name: `${name}.json`, content: documents[name] })),
    sparseFile('cidata.img', 2 ** 20, []),
    sparseFile('memory-ranges', MEMORY, []),
  ];
  const archives = [{ name: 'app.tar', source: inChunks(buildTar({ first: files }), 2 ** 16) }];
  const verdict = await verdictOf(node, evidence.hasState, { archives });
  const named = new Map(files.map(({ name, content }) => [name, Buffer.from(content ?? '')]));
  const content = { has: (name: string) => named.has(name), read: (name: string) => named.get(name) as Buffer };
  const asked: Questioned = { root: node.root, sealed: node.sealed, record: null, content };
  const objection = () => {
    let record: unknown = null;
    const unread = objectionOf(() => {
      record = member(documentIn(asked, 'snapshot.json'), 'config');
    });
    return unread ?? objectionToCloudImage({ ...asked, record });
  };
  return { verdict, objection };
}

export function assertAgreed({ verdict, objection }: Judged): void {
  if (verdict === 'allow') assert.is(objection(), null);
}

export const properties = [
  property({
    name: 'no change of a snapshot whose base is denied makes it allowed, unless an independent check agrees',
    inputs: evidence(recordEdits),
    holds: async (evidence) => assertAgreed(await judgedSnapshot(evidence)),
    quickRuns: 100,
  }),
  property({
    name: 'no archive of a snapshot whose base is denied is allowed, unless an independent check agrees',
    inputs: evidence(sidecarEdits),
    holds: async (evidence) => assertAgreed(await judgedArchive(evidence)),
    quickRuns: 100,
  }),
];
