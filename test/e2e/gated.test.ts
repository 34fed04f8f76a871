/** The whole way: vk-cocoon's caller, the guard in cocoon's place, and cocoon (the stand-in, or the real one) behind it. */

import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes } from '../builders/small-node.js';
import { cocoonNeeds, runCocoon } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flip } from '../verify/blobs.js';
import { clone, clones, gatedNode, guard, pod, refusal } from './gated-node.js';

const test = suite('a gated node');

needs(
  cocoonNeeds,
  test,
  'clones from a healthy snapshot, time and again, and cocoon’s answer comes through',
  async () => {
    const node = await gatedNode();
    for (let time = 1; time <= 3; time += 1) {
      const vm = await clone(node);
      assert.is(vm.state, 'running');
      assert.is(clones(node), time);
      assert.is((await node.vk.inspect(vm.name)).id, vm.id);
    }
    await node.server.close();
  },
);

needs(cocoonNeeds, test, 'cocoon #37: a pod’s clone brings the base that its node has not', async () => {
  const node = await gatedNode({ indexed: false });
  rmSync(node.blob);
  assert.is((await pod(node)).state, 'running');
  assert.is(sha256(readFileSync(node.blob)), node.base);
  assert.is(clones(node), 1);
  await node.server.close();
});

needs(
  cocoonNeeds,
  test,
  'cocoon #37: the tag was rebuilt upstream: refused with both digests, and --from is the way',
  async () => {
    const node = await gatedNode();
    const rebuilt = baseBytes('rebuilt');
    node.server.serve('base.qcow2', rebuilt);
    await node.vk.ensureImage(node.url);
    assert.is(existsSync(node.root.blob(sha256(rebuilt))), false, 'cocoon #18: the pull was skipped');
    await node.vk.ensureImage(node.url, true);
    assert.is(existsSync(node.root.blob(sha256(rebuilt))), true);
    assert.is((await clone(node)).state, 'running', 'the old build is still here');
    rmSync(node.blob);
    const event = await refusal(pod(node));
    assert.match(event, 'pull-other-content');
    assert.match(event, `sha256:${node.base}`);
    assert.match(event, `sha256:${sha256(rebuilt)}`);
    assert.match(event, /blobcheck ensure --from FILE .*app:v1/);
    assert.is(clones(node), 1);
    const from = join(temporaryDirectory(), 'base.qcow2');
    writeFileSync(from, node.source);
    assert.is((await node.ensure({ from })).verdict, 'allow');
    assert.is((await clone(node)).state, 'running');
    const collected = await runCocoon(['--root-dir', node.root.directory, 'gc'], { env: node.env });
    assert.is(collected.status, 0);
    assert.is(sha256(readFileSync(node.blob)), node.base, 'every base that a record pins is still there');
    await node.server.close();
  },
);

needs(
  cocoonNeeds,
  test,
  'a corrupt base that nobody sealed is not sealed by a forced pull through the guard',
  async () => {
    const node = await gatedNode();
    chmodSync(node.blob, 0o644);
    await flip(node.blob, node.source.length - 1);
    await node.vk.ensureImage(node.url, true);
    const event = await refusal(clone(node));
    assert.match(event, 'blob-unsealed');
    assert.is(clones(node), 0);
    await node.server.close();
  },
);

needs(cocoonNeeds, test, 'a machine from an image is asked about, too', async () => {
  const node = await gatedNode();
  assert.is((await node.vk.run({ image: node.url, name: 'one', nics: 0 }).catch(withoutNetwork)).state, 'running');
  assert.is(await node.verdict(), 'allow');
  chmodSync(node.blob, 0o644);
  await flip(node.blob, node.source.length - 1);
  assert.match(await refusal(node.vk.run({ image: node.url, name: 'two' })), 'blob-corrupt');
  assert.is(node.reached().filter((line) => line === 'vm run').length, 1);
  await node.server.close();
});

/** The real cocoon wants a network for a new machine, which a test has not: what matters is that it was asked. */
function withoutNetwork(error: Error): { state: string } {
  assert.not.match(error.message, 'blobcheck:');
  return { state: 'running' };
}

needs(
  cocoonNeeds,
  test,
  'a root that only a configuration file names is found, and one that cannot be read is refused',
  async () => {
    const node = await gatedNode();
    const place = temporaryDirectory();
    const run = (args: readonly string[]) =>
      runCocoon(args, {
        program: guard,
        env: {
          ...node.env,
          BLOBCHECK_STATE_DIR: node.state,
          COCOON_RUN_DIR: join(place, 'run'),
          COCOON_LOG_DIR: place,
        },
      });
    for (const [name, text] of [
      ['cocoon.yaml', `root_dir: ${node.root.directory}\n`],
      ['cocoon.toml', `root_dir = "${node.root.directory}"\n`],
      ['cocoon.json', JSON.stringify({ ROOT_DIR: node.root.directory })],
    ] as const) {
      const config = join(place, name);
      writeFileSync(config, text);
      const ran = await run(['--config', config, 'vm', 'clone', '--name', `by-${name.slice(-4)}`, 'app:v1']);
      assert.is(ran.status, 0, ran.stderr);
    }
    const before = node.calls().filter((words) => words.includes('clone')).length;
    for (const [name, text] of [
      ['cocoon.yaml', 'root_dir: [unclosed\n'],
      ['cocoon.hcl', `root_dir = "${node.root.directory}"\n`],
    ] as const) {
      writeFileSync(join(place, name), text);
      const ran = await run(['--config', join(place, name), 'vm', 'clone', '--name', 'x', 'app:v1']);
      assert.equal([ran.status, ran.stdout], [1, '']);
      assert.match(ran.stderr, 'metadata-unreadable');
    }
    assert.is(node.calls().filter((words) => words.includes('clone')).length, before);
    await node.server.close();
  },
);

test.run();
