import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rereadBlobs } from '../../lib/verify/reread.js';
import { smallNode } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { whatReceiptsNeed } from './blobs.js';

const test = suite('reading blobs again');

needs(await whatReceiptsNeed(), test, 'a blob is read though its last read is remembered', async () => {
  const node = smallNode();
  await settled(node.blob);
  await verifyNode(node);
  assert.is((await verifyNode(node)).snapshots[0]?.blobs[0]?.how, 'receipt');
  const read: string[] = [];
  const onProgress = (path: string) => read.push(path);
  const options = { location: node.root.location, stateDir: node.state, tool: 'test', onProgress };
  assert.is(await rereadBlobs([node.base], options), true);
  assert.ok(read.includes(node.blob));
});

test.run();
