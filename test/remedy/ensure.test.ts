import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { flip } from '../verify/blobs.js';
import { bringingNeeds, codesOf, otherFiles, outcomes, type ServedNode, scratchIsGone, servedNode } from './node.js';

const test = suite('ensure');

/** Ways to lose a base that `verify` knows for certain. */
const losses: Readonly<Record<string, (node: ServedNode) => Promise<void> | void>> = {
  'blob-missing': ({ blob }) => rmSync(blob),
  'blob-empty': ({ blob }) => {
    chmodSync(blob, 0o644);
    truncateSync(blob, 0);
  },
  'blob-size-mismatch': ({ blob }) => {
    chmodSync(blob, 0o644);
    truncateSync(blob, 65536);
  },
  'blob-corrupt': async ({ blob, source }) => {
    chmodSync(blob, 0o644);
    await flip(blob, source.length - 1);
  },
  'blob-replaced': async ({ blob, source }) => {
    await settled(blob);
    rmSync(blob);
    const other = Buffer.from(source);
    other.writeUInt8(7, other.length - 1);
    writeFileSync(blob, other);
  },
  'blob-not-regular': ({ blob }) => {
    rmSync(blob);
    spawnSync('mkfifo', [blob]);
  },
};

for (const [code, lose] of Object.entries(losses)) {
  needs(
    code === 'blob-replaced' ? [...bringingNeeds, 'receipts'] : bringingNeeds,
    test,
    `a base that is ${code} is pulled beside the store, verified and put in place`,
    async () => {
      const node = await servedNode();
      await settled(node.blob);
      assert.is(await node.verdict(), 'allow');
      await lose(node);
      const before = otherFiles(node);
      const report = await node.ensure();
      assert.equal(outcomes(report), ['pulled']);
      assert.is(report.steps[0]?.because, code);
      assert.is(report.steps[0]?.source, node.url);
      assert.is(report.verdict, 'allow');
      assert.is(sha256(readFileSync(node.blob)), node.base);
      assert.is(statSync(node.blob).mode & 0o777, 0o444);
      assert.equal(otherFiles(node), before, 'the store and its index are as they were');
      assert.ok(scratchIsGone(node));
      assert.equal(node.calls(), [['image', 'pull', node.url]]);
      await node.server.close();
    },
  );
}

needs(
  bringingNeeds,
  test,
  'a link and a directory in the place of the base give way, and the directory is kept aside',
  async () => {
    for (const put of [
      (blob: string) => symlinkSync('/etc/passwd', blob),
      (blob: string) => {
        mkdirSync(blob);
        writeFileSync(`${blob}/precious`, 'kept');
      },
    ]) {
      const node = await servedNode();
      rmSync(node.blob);
      put(node.blob);
      assert.equal(outcomes(await node.ensure()), ['pulled']);
      assert.is(sha256(readFileSync(node.blob)), node.base);
      assert.ok(statSync('/etc/passwd').size > 0);
      await node.server.close();
    }
  },
);

test('a healthy base is left alone, and cocoon is not called', async () => {
  const node = await servedNode();
  const { ino, ctimeMs } = statSync(node.blob);
  const report = await node.ensure();
  assert.equal([report.verdict, report.steps], ['allow', []]);
  assert.equal([statSync(node.blob).ino, statSync(node.blob).ctimeMs], [ino, ctimeMs]);
  assert.equal(node.calls(), []);
  await node.server.close();
});

test('a base that nobody sealed is never touched: it may be healthy', async () => {
  const node = await servedNode({ stored: baseBytes('converted') });
  const report = await node.ensure();
  assert.equal([report.verdict, report.steps, codesOf(report)], ['deny', [], ['blob-unsealed']]);
  assert.equal(node.calls(), []);
  await node.server.close();
});

test('Never calls nobody, whatever is missing', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const report = await node.ensure({ policy: 'Never' });
  assert.equal([report.verdict, report.steps, codesOf(report)], ['deny', [], ['blob-missing']]);
  assert.equal(node.calls(), []);
  await node.server.close();
});

needs(
  ['receipts'],
  test,
  'Always reads the base in full, whatever is remembered, and IfNotPresent does not',
  async () => {
    const node = await servedNode();
    await settled(node.blob);
    assert.is(await node.verdict(), 'allow');
    const how = async (policy: 'Always' | 'IfNotPresent') =>
      (await node.ensure({ policy })).verify.snapshots[0]?.blobs[0]?.how;
    assert.equal([await how('IfNotPresent'), await how('Always')], ['receipt', 'hashed']);
    assert.equal(node.calls(), []);
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'Always heals what it finds', async () => {
  const node = await servedNode();
  assert.is(await node.verdict(), 'allow');
  await losses['blob-corrupt']?.(node);
  const report = await node.ensure({ policy: 'Always' });
  assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
  await node.server.close();
});

needs(bringingNeeds, test, 'a policy of its own by the name of the snapshot', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const asked: string[] = [];
  const policy = (name: string) => {
    asked.push(name);
    return 'Never' as const;
  };
  assert.equal((await node.ensure({ policy })).steps, []);
  assert.ok(asked.every((name) => name === 'app:v1'));
  await node.server.close();
});

test('a plan is only a plan', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const report = await node.ensure({ dryRun: true });
  assert.equal([report.verdict, report.dryRun, outcomes(report)], ['deny', true, ['planned']]);
  assert.is(report.steps[0]?.source, node.url);
  assert.equal(node.calls(), []);
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

needs(bringingNeeds, test, 'two who ensure one base at once pull it once', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const reports = await Promise.all([node.ensure(), node.ensure()]);
  assert.equal(
    reports.map(({ verdict }) => verdict),
    ['allow', 'allow'],
  );
  assert.equal(reports.flatMap(outcomes).sort(), ['present', 'pulled']);
  assert.is(node.calls().length, 1);
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

test.run();
