import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { verify } from '../../../lib/verify/verify.js';
import { buildVmState } from '../../builders/vmstate.js';
import { assertOfCatalogue } from '../answers/findings-of-the-catalogue.js';
import { onlyIn, recordEdits, sidecarEdits } from '../inputs/evidence-edits.js';
import { type EvidenceEdits, editedDocuments, withWords, writeDocuments } from '../inputs/fuzz-node.js';
import { type OciFault, type OciName, ociFaults, ociNodes } from '../inputs/oci-nodes.js';
import { property } from '../property.js';
import { directoryContent, expectDirectory, objectionOf } from '../second-opinions/independent-check.js';
import { objectionToOci } from '../second-opinions/oci-objection.js';
import { assertAgreed, type Judged } from './denied-base.js';

export interface LayerEvidence {
  readonly fault: OciFault;
  /** Another layer in the place of one, in both sidecars and in the record, as an attacker would have it. */
  readonly replaced: { readonly layer: 'layer' | 'upper'; readonly by: string } | null;
  /** Another path for a drive of vmstate; of Firecracker alone. */
  readonly drive: { readonly index: number; readonly path: string } | null;
  readonly edits: EvidenceEdits;
}

const strangers = ['<stranger>', '<unsealed>', '<upper>', '<layer>', '../elsewhere/x', '<outside>/shadow'];
const paths = ['<outside>/shadow', '<root>/oci/blobs/<stranger>.erofs', '/dev/sda', '<root>/oci/blobs/<upper>.erofs'];

/** In one or two places, or hardly any would come near an allow. */
const touched = fc.subarray(['replaced', 'drive', 'record', 'cocoon', 'config', 'state'] as const, { maxLength: 2 });

const evidence: fc.Arbitrary<LayerEvidence> = fc
  .record({
    fault: fc.constantFrom('none', 'none', 'none', ...ociFaults),
    replaced: fc.record({ layer: fc.constantFrom('layer', 'upper'), by: fc.constantFrom(...strangers) }),
    drive: fc.record({ index: fc.nat(3), path: fc.constantFrom(...paths) }),
    edits: fc.record({ record: recordEdits, cocoon: sidecarEdits, config: sidecarEdits, state: sidecarEdits }),
    touched,
  })
  .map(({ fault, replaced, drive, edits, touched }) => ({
    fault,
    replaced: touched.includes('replaced') ? replaced : null,
    drive: touched.includes('drive') ? drive : null,
    edits: onlyIn(edits, touched),
  }));

/** Verifies what the edits make of a snapshot. */
export async function judgedLayers(name: OciName, evidence: LayerEvidence): Promise<Judged> {
  const nodes = await ociNodes(evidence.fault);
  const node = nodes[name];
  const { replaced } = evidence;
  const replace = (text: string): string =>
    replaced === null ? text : text.replaceAll(node.words[replaced.layer] as string, withWords(node, replaced.by));
  const plain = editedDocuments(node, evidence.edits);
  const documents = {
    ...plain,
    record: replace(plain.record),
    cocoon: replace(plain.cocoon),
    config: replace(plain.config),
  };
  writeDocuments(node, documents);
  if (name === 'fc:v1') {
    const drives = (nodes.made.vmState.drives ?? []).map((drive, index) => {
      const path =
        index === evidence.drive?.index ? withWords(node, evidence.drive.path) : 'path' in drive ? drive.path : '';
      return { ...drive, path: replace(path) };
    });
    const boot = {
      kernelPath: replace(nodes.made.vmState.kernelPath ?? ''),
      initrdPath: replace(nodes.made.vmState.initrdPath ?? ''),
    };
    writeFileSync(join(node.directory, 'vmstate'), buildVmState({ ...nodes.made.vmState, ...boot, drives }));
  }
  const options = { location: node.location, stateDir: node.state, tool: 'test' };
  const report = await verify({ snapshots: [name] }, options);
  assertOfCatalogue([...report.findings, ...report.snapshots.flatMap(({ findings }) => findings)]);
  const objection = () => {
    const record: unknown = JSON.parse(documents.record);
    const image = { manifest: String(node.files.record.image_digest), layers: nodes.made.layers.slice(0, 2) };
    const asked = { root: node.root, sealed: node.sealed, record, content: directoryContent(node.directory) };
    return objectionOf(() => expectDirectory(record, node.directory)) ?? objectionToOci(asked, image);
  };
  return { verdict: report.verdict, objection };
}

export const properties = [
  property({
    name: 'no change of an OCI snapshot whose layers are denied makes it allowed, unless an independent check agrees',
    inputs: evidence,
    holds: async (evidence) => assertAgreed(await judgedLayers('oci:v1', evidence)),
    quickRuns: 80,
  }),
  property({
    name: 'no change of a Firecracker snapshot whose layers are denied makes it allowed, unless an independent check agrees',
    inputs: evidence,
    holds: async (evidence) => assertAgreed(await judgedLayers('fc:v1', evidence)),
    quickRuns: 80,
  }),
];
