import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, snapshotOn } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { bringingNeeds, codesOf, otherFiles, outcomes, type ServedNode, scratchIsGone, servedNode } from './node.js';

const test = suite('ensure --from');

function fileWith(bytes: Uint8Array): string {
  const path = join(temporaryDirectory(), 'from another node.qcow2');
  writeFileSync(path, bytes);
  return path;
}

/** A raw disk, and what cocoon's conversion makes of it. */
function converted(compat = '1.1'): { readonly raw: Buffer; readonly image: Buffer } {
  const place = temporaryDirectory();
  const [raw, image] = [join(place, 'disk.raw'), join(place, 'disk.qcow2')];
  writeFileSync(raw, Buffer.alloc(3 * 2 ** 20, 'guest'));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-o', `compat=${compat}`, raw, image]);
  return { raw: readFileSync(raw), image: readFileSync(image) };
}

async function gone(node: ServedNode): Promise<ServedNode> {
  rmSync(node.blob);
  node.server.serve('base.qcow2', baseBytes('the tag has moved on'));
  return node;
}

test('the exact content is copied from a file, whoever has it, without cocoon', async () => {
  const node = await gone(await servedNode());
  const before = otherFiles(node);
  const report = await node.ensure({ from: fileWith(node.source) });
  assert.equal([report.verdict, outcomes(report)], ['allow', ['copied']]);
  assert.is(sha256(readFileSync(node.blob)), node.base);
  assert.equal(node.calls(), []);
  assert.equal(otherFiles(node), before);
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

test('a file with one bit flipped is refused with both digests, and nothing changed', async () => {
  const node = await gone(await servedNode());
  const flipped = Buffer.from(node.source);
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
  const before = otherFiles(node);
  const report = await node.ensure({ from: fileWith(flipped) });
  assert.equal([report.verdict, outcomes(report)], ['deny', ['refused']]);
  assert.equal(codesOf(report), ['pull-other-content', 'blob-missing']);
  assert.is(report.steps[0]?.findings[0]?.actual, `sha256:${sha256(flipped)}`);
  assert.equal(otherFiles(node), before);
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

needs(
  bringingNeeds,
  test,
  'another node’s converted base is copied where our seal says that it must be that',
  async () => {
    const { raw, image } = converted();
    const node = await servedNode({ source: raw, stored: image });
    assert.is(blobcheck(['seal', ...node.options, node.base], node.env).status, 0);
    await gone(node);
    const report = await node.ensure({ from: fileWith(image) });
    assert.equal([report.verdict, outcomes(report)], ['allow', ['copied']]);
    assert.is(report.verify.snapshots[0]?.blobs[0]?.basis, 'operator', 'the seal stays as it was');
    await node.server.close();
  },
);

needs(
  bringingNeeds,
  test,
  'a converted base comes from the URL of its source, and is sealed as it was pulled',
  async () => {
    const { raw, image } = converted();
    const node = await servedNode({ source: raw, stored: image });
    rmSync(node.blob);
    const report = await node.ensure({ from: node.url });
    assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
    assert.is(report.verify.snapshots[0]?.blobs[0]?.basis, 'pull');
    await node.server.close();
  },
);

needs(
  bringingNeeds,
  test,
  'a raw file that is the source itself cannot be imported by cocoon, and its words are told',
  async () => {
    const { raw, image } = converted();
    const node = await gone(await servedNode({ source: raw, stored: image }));
    const report = await node.ensure({ from: fileWith(raw) });
    assert.equal([report.verdict, codesOf(report)[0]], ['deny', 'pull-failed']);
    assert.ok(scratchIsGone(node));
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'a packed file is imported by cocoon, and accepted for what is in it', async () => {
  const node = await gone(await servedNode());
  const report = await node.ensure({ from: fileWith(gzipSync(node.source)) });
  assert.equal([report.verdict, outcomes(report)], ['allow', ['imported']]);
  assert.is(node.calls()[0]?.slice(0, 2).join(' '), 'image import');
  const other = await gone(await servedNode());
  const refused = await other.ensure({ from: fileWith(gzipSync(baseBytes('something else'))) });
  assert.equal(codesOf(refused), ['pull-other-content', 'blob-missing']);
  await node.server.close();
  await other.server.close();
});

test('a base that nobody has sealed is not replaced, and who says where it comes from is told why', async () => {
  const node = await servedNode({ stored: baseBytes('converted, or rotten') });
  const from = fileWith(node.source);
  const before = readFileSync(node.blob);
  const report = await node.ensure({ from });
  assert.equal(
    [report.verdict, codesOf(report), outcomes(report)],
    ['deny', ['pull-failed', 'blob-unsealed'], ['refused']],
  );
  const [found] = report.verify.snapshots[0]?.findings ?? [];
  assert.match(found?.message ?? '', `${from} was not looked at`);
  assert.match(found?.remedy ?? '', `mv -T --backup=numbered ${node.blob} ${node.blob}.aside`);
  assert.equal(readFileSync(node.blob), before);
  assert.equal(codesOf(await node.ensure({})), ['blob-unsealed'], 'nobody asked for it to be brought');
  execFileSync('mv', ['-T', '--backup=numbered', node.blob, `${node.blob}.aside`]);
  const healed = await node.ensure({ from });
  assert.equal([healed.verdict, outcomes(healed)], ['allow', ['copied']]);
  await node.server.close();
});

test('two snapshots on one base that is not replaced are told why once', async () => {
  const more = (base: string, blob: string) => [snapshotOn('other:v1', base, blob)];
  const node = await servedNode({ stored: baseBytes('converted, or rotten'), more });
  const report = await node.ensure({ snapshots: ['app:v1', 'other:v1'], from: fileWith(node.source) });
  const one = ['pull-failed', 'blob-unsealed'];
  assert.equal([report.steps.length, codesOf(report)], [1, [...one, ...one]]);
  await node.server.close();
});

test('a file that is not there, a directory and a FIFO are refused, and do not hang', async () => {
  const node = await gone(await servedNode());
  const place = temporaryDirectory();
  execFileSync('mkfifo', [join(place, 'fifo')]);
  for (const from of [join(place, 'nothing'), place, join(place, 'fifo'), '/dev/zero']) {
    const report = await node.ensure({ from });
    assert.equal([report.verdict, codesOf(report)[0]], ['deny', 'pull-failed'], from);
  }
  await node.server.close();
});

needs(bringingNeeds, test, 'the program brings it, says how, and exits as verify does', async () => {
  const node = await gone(await servedNode());
  const refused = blobcheck(['ensure', 'app:v1', ...node.options, '--pull-policy', 'Never'], node.env);
  assert.equal([refused.status, refused.stderr], [1, '']);
  const from = fileWith(node.source);
  const run = blobcheck(['ensure', 'app:v1', ...node.options, '--from', from], node.env);
  assert.is(run.status, 0);
  assert.match(run.stdout, new RegExp(`^copied +sha256:${node.base} \\(blob-missing\\) +from ${from}`));
  assert.match(run.stdout, /allow +app:v1/);
  for (const words of [['ensure'], ['ensure', 'a', '--image', 'b'], ['ensure', 'a', '--pull-policy', 'always']]) {
    const wrong = blobcheck(words, node.env);
    assert.equal([wrong.status, wrong.stdout], [2, '']);
  }
  await node.server.close();
});

test.run();
