import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../lib/trust/state-directory.js';
import type { Run } from '../../lib/verify/run.js';
import { sealBlobs } from '../../lib/verify/seal-blobs.js';
import { judgeSideBySide } from '../../lib/verify/side-by-side.js';
import { baseBytes, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { verifyNode } from '../support/verify-node.js';
import { hold } from '../trust/held.js';

const test = suite('several things are judged side by side');

const secondUrl = 'https://images.example.com/second.qcow2';
const secondBytes = baseBytes('second');
const second = sha256(secondBytes);

/** `many` snapshots on the first base, before and behind one on the second in the order of their names. */
async function nodeWith(many: number, engine: 'json' | 'sqlite' = 'json'): Promise<SmallNode> {
  const node = smallNode({
    engine,
    images: [{ ref: secondUrl, bytes: secondBytes }],
    more: (base, blob) => [
      ...Array.from({ length: many }, (_, i) => snapshotOn(`a:${String(i).padStart(4, '0')}`, base, blob)),
      snapshotOn('b:v1', second, blob.replace(base, second), { image: secondUrl }),
    ],
  });
  await settled(node.root.blob(second));
  return node;
}

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    ['flock'],
    test,
    `while somebody else reads the one base, what stands on the other is judged; the order is the asked one (${engine})`,
    async () => {
      const node = await nodeWith(300, engine);
      const held = await hold(await openState(node.state, node.root.directory), node.base);
      const counts: number[][] = [];
      let open = 0;
      const running = verifyNode(
        node,
        { all: true },
        {
          onJudged: (...numbers) => {
            open = Math.max(open, readdirSync('/proc/self/fd').length);
            counts.push(numbers);
          },
        },
      );
      while (counts.length === 0) await setImmediate();
      assert.equal(counts, [[1, 302]]);
      await held.release();
      const report = await running;
      assert.equal(
        report.snapshots.map(({ ref }) => ref),
        [...Array.from({ length: 300 }, (_, i) => `a:${String(i).padStart(4, '0')}`), 'app:v1', 'b:v1'],
      );
      assert.ok(report.snapshots.every(({ verdict }) => verdict === 'allow'));
      assert.equal(
        counts.map(([done]) => done),
        Array.from({ length: 302 }, (_, i) => i + 1),
      );
      // 300 that wait hold none of their own.
      assert.ok(open < 80, `${open} descriptors`);
    },
  );
}

test('one is judged after the other while none waits', async () => {
  let active = 0;
  let most = 0;
  const judge = async (_: Run, item: number) => {
    most = Math.max(most, ++active);
    await setImmediate();
    active -= 1;
    return item * 2;
  };
  assert.equal(await judgeSideBySide({} as Run, [1, 2, 3], judge), [2, 4, 6]);
  assert.is(most, 1);
});

test('an error that is nobody’s finding ends the run when all that was under way has ended', async () => {
  const node = await nodeWith(20);
  const mine = () => {
    throw new RangeError('mine');
  };
  try {
    await verifyNode(node, { all: true }, { onJudged: mine });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test('seal --all seals every blob, in the order of their names', async () => {
  const node = await nodeWith(0);
  const options = { location: node.root.location, stateDir: node.state, tool: 'test' };
  const report = await sealBlobs({ all: true }, options);
  assert.equal(
    report.blobs.map(({ blob, outcome, readFrom }) => [blob, outcome, readFrom]),
    [node.base, second].sort().map((blob) => [blob, 'sealed', 'cache']),
  );
  assert.equal(report.findings, []);
});

test('each of many images is judged, in the asked order', async () => {
  const node = await nodeWith(0);
  const { images } = await verifyNode(node, { images: [secondUrl, 'none', secondUrl] });
  assert.equal(
    images.map((entry) => [entry.ref, ...codesOf(entry)]),
    [[secondUrl], ['none', 'image-not-found'], [secondUrl]],
  );
});

test.run();
