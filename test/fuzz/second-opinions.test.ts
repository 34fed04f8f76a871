/** The opinions that properties ask for besides the library's can object, and do not where nothing is the matter. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildQcow2 } from '../builders/qcow2.js';
import { cloudFaults } from './inputs/cloud-nodes.js';
import { onBlob } from './inputs/evidence-edits.js';
import type { EvidenceEdits } from './inputs/fuzz-node.js';
import { jsonOf } from './inputs/json-document.js';
import { editedJson } from './inputs/json-edits.js';
import { ociFaults } from './inputs/oci-nodes.js';
import { editQcow2 } from './inputs/qcow2-edits.js';
import { layoutOf } from './inputs/qcow2-seeds.js';
import { type Evidence, judgedArchive, judgedSnapshot } from './properties/denied-base.js';
import { judgedLayers, type LayerEvidence } from './properties/denied-layers.js';
import { exactReading, goReading } from './second-opinions/json-readings.js';
import { objectionToImage } from './second-opinions/qcow2-objection.js';

const test = suite('second opinions');

const none: EvidenceEdits = { record: [], cocoon: [], config: [], state: [] };
const whole: Evidence = { fault: 'none', hasState: true, overlay: onBlob('needed'), follows: true, edits: none };
const wholeLayers: LayerEvidence = { fault: 'none', replaced: null, drive: null, edits: none };

test('a whole snapshot of a cloud image is allowed without an objection', async () => {
  for (const judge of [judgedSnapshot, judgedArchive]) {
    for (const blob of ['needed', 'other', 'converted']) {
      const { verdict, objection } = await judge({ ...whole, overlay: onBlob(blob) });
      assert.equal([blob, verdict, objection()], [blob, 'allow', null]);
    }
  }
});

test('one whose base is not what it must be meets an objection', async () => {
  for (const judge of [judgedSnapshot, judgedArchive]) {
    for (const fault of cloudFaults.filter((fault) => fault !== 'none')) {
      for (const hasState of [true, false]) {
        const { verdict, objection } = await judge({ ...whole, fault, hasState });
        assert.is(verdict, 'deny', fault);
        assert.type(objection(), 'string', fault);
      }
    }
    for (const name of ['<outside>/<other>.qcow2', '<outside>/shadow', '/dev/zero', '<other>.qcow2']) {
      const { verdict, objection } = await judge({ ...whole, overlay: { ...onBlob('other'), name } });
      assert.is(verdict, 'deny', name);
      assert.type(objection(), 'string', name);
    }
  }
});

test('snapshots of OCI images are allowed without an objection, and with one when a layer is not what it must be', async () => {
  for (const name of ['oci:v1', 'fc:v1'] as const) {
    for (const fault of ociFaults) {
      const { verdict, objection } = await judgedLayers(name, { ...wholeLayers, fault });
      assert.is(verdict, fault === 'none' ? 'allow' : 'deny', `${name}: ${fault}`);
      if (fault === 'none') assert.is(objection(), null);
      else assert.type(objection(), 'string', `${name}: ${fault}`);
    }
    const replaced = await judgedLayers(name, { ...wholeLayers, replaced: { layer: 'upper', by: '<stranger>' } });
    assert.type(replaced.objection(), 'string');
  }
  const drive = { index: 0, path: '<outside>/shadow' };
  assert.type((await judgedLayers('fc:v1', { ...wholeLayers, drive })).objection(), 'string');
});

test('a naive reader objects to entries that lead to tables, past the end, or to one cluster', () => {
  const clusters = [0, 1].map((index) => ({ index, data: Buffer.from('guest') }));
  const image = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9, clusters });
  const layout = layoutOf(image);
  assert.is(objectionToImage(image), null);
  for (const value of [1n << 63n, BigInt(layout.l1), BigInt(layout.l2), 1n << 40n, image.readBigUInt64BE(layout.l2)]) {
    const edited = editQcow2({ image, layout }, [{ kind: 'entry', table: 'l2', index: 1, value }]);
    assert.type(objectionToImage(edited), 'string', value.toString(16));
  }
});

test('Go reads keys that JavaScript does not', () => {
  const shape = { fields: { path: 'string', serial: 'string' } } as const;
  const document = jsonOf({ path: 'a', serial: 'b' });
  const edit = { how: 'repeat', value: { string: 'c' }, spelling: 1, first: false } as const;
  assert.equal(goReading(document, shape), exactReading(document, shape));
  for (const at of [0, 1]) {
    const edited = editedJson(document, [{ ...edit, at }]);
    assert.not.equal(goReading(edited, shape), exactReading(edited, shape));
  }
});

test.run();
