import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../../lib/errors.js';
import { snapshotFiles } from '../../../lib/sample/snapshot.js';
import type { ObjectShape } from '../../../lib/store/json-shape.js';
import {
  cocoonSidecarShape,
  diskStateShape,
  machineStateShape,
  memoryStateShape,
  vmConfigShape,
} from '../../../lib/store/sidecar-shapes.js';
import { decodeCocoonSidecar, decodeMachineState, decodeVmConfig } from '../../../lib/store/sidecars.js';
import { parseSnapshotJson } from '../../../lib/store/snapshot-json.js';
import { parseStrict } from '../../../lib/store/strict-json.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { type Json, jsonOf, textOf } from '../inputs/json-document.js';
import { editedJson, jsonEdit } from '../inputs/json-edits.js';
import { property } from '../property.js';
import { comparable, exactReading, goReading } from '../second-opinions/json-readings.js';

const base = 'a'.repeat(64);
const files = snapshotFiles(
  { name: 'app:v1', image: 'https://images.example.com/base.qcow2', base, overlay: Buffer.alloc(0) },
  'A'.repeat(26),
  '/var/lib/cocoon',
);

interface Document {
  readonly shape: ObjectShape;
  readonly json: Json;
}

/** What cocoon and Cloud Hypervisor write, and the states inside of `state.json`. */
const documents: Readonly<Record<string, Document>> = {
  'cocoon.json': { shape: cocoonSidecarShape, json: jsonOf(files.cocoon) },
  'config.json': { shape: vmConfigShape, json: jsonOf(files.config) },
  'state.json': { shape: machineStateShape, json: jsonOf(files.state) },
  memory: { shape: memoryStateShape, json: jsonOf({ memory_ranges: { data: [{ gpa: 0, length: 536_870_912 }] } }) },
  disk: { shape: diskStateShape, json: jsonOf({ disk_path: '/x', disk_nsectors: 2048, config: { blk_size: 512 } }) },
};
const snapshotJson = jsonOf({ config: files.record, version: 1, files: ['overlay.qcow2'] });

/** Every decoder has an answer for every text. */
function decodeAll(bytes: Buffer): void {
  for (const decode of [decodeCocoonSidecar, decodeVmConfig, decodeMachineState]) {
    const { kind } = decode(bytes);
    assert.ok(kind === 'ok' || kind === 'malformed', kind);
  }
  try {
    assert.ok(['ok', 'malformed', 'unsupported'].includes(parseSnapshotJson(bytes, '/x').kind));
  } catch (error) {
    assert.instance(error, BlobcheckError);
  }
}

/** Nested, or long, in ways that no edit makes. */
const nest = fc.record({
  open: fc.constantFrom('[', '{"a":', '{"storage_configs":[', '[0,', ' ', '0', '"', '{"net":[{},', '\\u0000'),
  times: fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 129, 20_000, 210_000)),
  close: fc.constantFrom('', ']', '}', ']}', ' '),
});

export const properties = [
  property({
    name: 'a sidecar that is accepted is read alike by Go and by JavaScript',
    inputs: fc.record({
      which: fc.constantFrom(...Object.keys(documents)),
      edits: fc.array(jsonEdit(), { minLength: 1, maxLength: 3 }),
    }),
    holds: ({ which, edits }) => {
      const { shape, json: original } = documents[which] as Document;
      const json = editedJson(original, edits);
      const parsed = parseStrict(Buffer.from(textOf(json)), shape);
      if (parsed.kind === 'malformed') return;
      const read = comparable(parsed.value, shape);
      assert.equal(read, goReading(json, shape));
      assert.equal(read, exactReading(json, shape));
    },
    quickRuns: 2000,
  }),
  property({
    name: 'whatever stands in a sidecar’s place is decoded or malformed',
    inputs: fc.record({
      which: fc.constantFrom('snapshot.json', ...Object.keys(documents)),
      json: fc.array(jsonEdit(), { maxLength: 2 }),
      bytes: fc.array(byteEdit, { maxLength: 3 }),
    }),
    holds: ({ which, json, bytes }) => {
      const document = documents[which]?.json ?? snapshotJson;
      decodeAll(editedBytes(Buffer.from(textOf(editedJson(document, json))), bytes));
    },
    quickRuns: 500,
  }),
  property({
    name: 'a sidecar of any depth and length is decoded or malformed',
    inputs: fc.array(nest, { minLength: 1, maxLength: 3 }),
    holds: (nests) => {
      const opened = nests.map(({ open, times }) => open.repeat(times)).join('');
      const closed = nests.map(({ close, times }) => close.repeat(times)).reverse();
      decodeAll(Buffer.from(opened + closed.join('')));
    },
    quickRuns: 100,
  }),
];
