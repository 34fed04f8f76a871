import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verify } from '../../lib/verify/verify.js';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';

const test = suite('the files of an OCI image');

test('the reference of an image is gone through once for the command that pulls it', async () => {
  const { root, snapshots } = ociNode();
  const record = snapshots.get('oci:v1')?.record;
  const image = `${'@'.repeat(2 ** 20)}\n`;
  putRow(root.directory, 'json', 'snapshots', record?.id, { ...record, image });
  const report = await verify({ snapshots: ['oci:v1'] }, { location: root.location, stateDir: null, tool: 'test' });
  assert.is(report.verdict, 'deny');
});

test.run();
