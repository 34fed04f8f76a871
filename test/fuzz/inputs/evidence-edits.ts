import fc from 'fast-check';
import { type EvidenceEdits, isCocoonsJson } from './fuzz-node.js';
import { type JsonEdit, jsonEdit } from './json-edits.js';
import { jsonValue } from './json-values.js';
import { type Qcow2Edit, qcow2Edit } from './qcow2-edits.js';

/** Paths to put in the place of others; `<words>` stand for what only the node knows. */
const backingNames = [
  ...['needed', 'needed', 'needed', 'other', 'other', 'converted', 'chained', 'raw'].map(
    (blob) => `<root>/cloudimg/blobs/<${blob}>.qcow2`,
  ),
  '<root>/cloudimg/blobs/../blobs/<other>.qcow2',
  '<root>/cloudimg/blobs//<other>.qcow2',
  '<root>/cloudimg/blobs/./<other>.qcow2',
  '<root>/cloudimg/blobs/<other>.qcow2/',
  '<root>/cloudimg/blobs/<other>.qcow2\u0000.raw',
  '<root>/cloudimg/blobs/<other>.QCOW2',
  '<root>/cloudimg/blobs/notahash.qcow2',
  '<root>/cloudimg/temp/<other>.qcow2',
  '<root>/cloudimg/elsewhere/<other>.qcow2',
  '<outside>/<other>.qcow2',
  '<outside>/root/cloudimg/blobs/<other>.qcow2',
  '<outside>/shadow',
  '/proc/self/root<root>/cloudimg/blobs/<other>.qcow2',
  '<other>.qcow2',
  '../../../cloudimg/blobs/<other>.qcow2',
  'file:<root>/cloudimg/blobs/<other>.qcow2',
  'json:{"driver":"qcow2","file":{"driver":"file","filename":"<root>/cloudimg/blobs/<other>.qcow2"}}',
  'nbd://127.0.0.1/x',
  '/dev/zero',
];

export interface OverlaySpec {
  /** Null for none. */
  readonly name: string | null;
  readonly format: string | null;
  readonly edits: readonly Qcow2Edit[];
}

export const overlaySpec: fc.Arbitrary<OverlaySpec> = fc.record({
  name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...backingNames) }, fc.constant(null)),
  format: fc.constantFrom('qcow2', 'qcow2', 'qcow2', 'raw', 'QCOW2', null),
  edits: fc.array(qcow2Edit, { minLength: 1, maxLength: 2 }),
});

export const onBlob = (word: string): OverlaySpec => {
  return { name: `<root>/cloudimg/blobs/<${word}>.qcow2`, format: 'qcow2', edits: [] };
};

const recordStrings = ['', 'oci', 'cloudimg', 'firecracker', 'sha256:<other>', 'sha256:<needed>', '<outside>/root/x'];

/** A record is cocoon's own. */
const isCocoons = (edit: JsonEdit): boolean =>
  edit.how === 'drop' || (edit.how === 'value' && isCocoonsJson(edit.value));

export const recordEdits: fc.Arbitrary<readonly JsonEdit[]> = fc
  .array(jsonEdit(jsonValue(recordStrings)), { minLength: 1, maxLength: 2 })
  .map((edits) => edits.filter(isCocoons));

const sidecarStrings = [
  ...['', 'cow', 'layer', 'data', 'cidata', 'Raw', 'Qcow2', 'Off', 'File', 'cocoon-layer0', 'cocoon-layer1', 'd1'],
  ...[
    '<outside>/shadow',
    '/etc/shadow',
    '/dev/urandom',
    '<root>/firmware/CLOUDHV.fd',
    '<root>/firmware/../x',
    'overlay.qcow2',
  ],
  ...['<root>/cloudimg/blobs/<other>.qcow2', '<root>/oci/blobs/<layer>.erofs', '<root>/oci/blobs/<stranger>.erofs'],
  ...[
    '<root>/oci/boot/<layer>/vmlinuz',
    '<root>/oci/boot/<layer>/initrd.img',
    '<root>/oci/blobs/../blobs/<layer>.erofs',
  ],
];

export const sidecarEdits: fc.Arbitrary<readonly JsonEdit[]> = fc.array(jsonEdit(jsonValue(sidecarStrings)), {
  minLength: 1,
  maxLength: 2,
});

/** Those in some documents alone. */
export function onlyIn(edits: EvidenceEdits, places: readonly string[]): EvidenceEdits {
  const { record, cocoon, config, state } = edits;
  const kept = (place: string, all: readonly JsonEdit[]) => (places.includes(place) ? all : []);
  return {
    record: kept('record', record),
    cocoon: kept('cocoon', cocoon),
    config: kept('config', config),
    state: kept('state', state),
  };
}
