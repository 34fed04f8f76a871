import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SealReport } from '../../lib/report/documents.js';
import { openState } from '../../lib/trust/state-directory.js';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { baseBytes, diskBytes, imageUrl, type SmallNode, smallNode } from '../builders/small-node.js';
import { foreign, swap } from '../cli/seals.js';
import { openBelow } from '../support/open-files.js';
import { withoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { flip, whatReceiptsNeed } from './blobs.js';
import { codesIn, outcomes } from './seal-reports.js';

const test = suite('sealing, in this process');

async function sealFile(node: SmallNode): Promise<string> {
  const { path, key } = await openState(node.state, node.root.directory);
  return join(path ?? '', 'seals', key, `${node.base}.json`);
}

test('a blob that hashes to its name is sealed by it, and kept from then on', async () => {
  const node = smallNode();
  const report = await sealNode(node);
  assert.is(report.schema, 'blobcheck/seal/v1');
  assert.equal([report.verdict, report.root, report.findings], ['allow', node.root.directory, []]);
  const [blob] = report.blobs;
  assert.equal([blob?.blob, blob?.path, blob?.outcome, blob?.basis], [node.base, node.blob, 'sealed', 'name']);
  assert.equal([blob?.digest, blob?.bytes], [`sha256:${node.base}`, baseBytes('base').length]);
  assert.match(blob?.because ?? '', 'the content hashes to its name');
  const written = readFileSync(await sealFile(node), 'utf8');
  const again = await sealNode(node, { names: ['app:v1'] });
  assert.equal([again.verdict, outcomes(again)], ['allow', [['kept', 'name']]]);
  assert.match(again.blobs[0]?.because ?? '', 'which stays as it is');
  assert.is(readFileSync(await sealFile(node), 'utf8'), written);
});

needs(await whatReceiptsNeed(), test, 'a blob that was read before is kept by what is remembered, unread', async () => {
  const node = smallNode();
  await settled(node.blob);
  const [first] = (await sealNode(node)).blobs;
  const [again] = (await sealNode(node)).blobs;
  assert.equal([first?.outcome, first?.readFrom], ['sealed', 'cache']);
  assert.equal([again?.outcome, again?.readFrom, again?.digest], ['kept', null, first?.digest]);
});

test('a converted blob is sealed because somebody says so, however it is called', async () => {
  const names: readonly ((node: SmallNode) => string)[] = [
    () => foreign,
    () => `${foreign}.qcow2`,
    ({ blob }) => blob,
    () => 'app:v1',
  ];
  for (const nameOf of names) {
    const node = smallNode({ digest: foreign });
    const report = await sealNode(node, { names: [nameOf(node)] });
    assert.equal([report.verdict, codesIn(report), outcomes(report)], ['allow', [], [['sealed', 'operator']]]);
    assert.match(report.blobs[0]?.because ?? '', 'trusted because you say so');
    assert.is((await verifyNode(node)).verdict, 'allow');
  }
});

test('a layer that is damaged is refused, and the others are sealed', async () => {
  const node = ociNode();
  const path = join(node.root.directory, 'oci/blobs', `${node.layers[0]}.erofs`);
  writeFileSync(path, 'no file system');
  const report = await sealNode(node);
  assert.is(report.verdict, 'deny');
  const refused = report.blobs.filter(({ outcome }) => outcome === 'refused');
  assert.equal(
    refused.map(({ path: of, findings }) => [of, findings.map(({ code }) => code)]),
    [[path, ['blob-unsealed', 'layer-malformed']]],
  );
  assert.is(report.blobs.filter(({ outcome }) => outcome === 'sealed').length, report.blobs.length - 1);
});

test('a blob that is not what its seal says is refused, and its seal stays', async () => {
  const node = smallNode({ digest: foreign });
  await sealNode(node);
  const written = readFileSync(await sealFile(node), 'utf8');
  await flip(node.blob, 5 * 65_536 + 3);
  const report = await sealNode(node);
  assert.equal(
    [report.verdict, codesIn(report), outcomes(report)],
    ['deny', ['blob-corrupt'], [['refused', 'operator']]],
  );
  assert.is(report.blobs[0]?.because, null);
  assert.is(readFileSync(await sealFile(node), 'utf8'), written);
});

test('what somebody vouches for anew gets a new seal, and the old one stays in its history', async () => {
  const node = smallNode({ digest: foreign });
  const [first] = (await sealNode(node)).blobs;
  swap(node.blob, baseBytes('converted by another'));
  assert.is((await verifyNode(node)).verdict, 'deny');
  const report = await sealNode(node, { replace: foreign });
  assert.equal([report.verdict, codesIn(report), outcomes(report)], ['allow', [], [['replaced', 'operator']]]);
  assert.is(report.blobs[0]?.digest, `sha256:${sha256(baseBytes('converted by another'))}`);
  const { digest, history } = JSON.parse(readFileSync(await sealFile(node), 'utf8'));
  assert.equal([digest, history[0].digest], [report.blobs[0]?.digest, first?.digest]);
  assert.is((await verifyNode(node)).verdict, 'allow');
});

test('what hashes to its name is sealed anew by its name', async () => {
  const node = smallNode();
  assert.equal(outcomes(await sealNode(node, { replace: node.base })), [['replaced', 'name']]);
});

test('a blob that is damaged gets no new seal, whoever vouches for it', async () => {
  const node = smallNode({ digest: foreign });
  await flip(node.blob, 23);
  const report = await sealNode(node, { replace: foreign });
  assert.equal(
    [report.verdict, codesIn(report), outcomes(report)],
    ['deny', ['blob-malformed', 'blob-malformed'], [['refused', null]]],
  );
});

test('a blob that is not there is refused', async () => {
  const node = smallNode();
  rmSync(dirname(node.blob), { recursive: true });
  const report = await sealNode(node, { names: ['app:v1'] });
  assert.equal([report.verdict, codesIn(report), outcomes(report)], ['deny', ['blob-missing'], [['refused', null]]]);
  assert.is(report.blobs[0]?.path, node.blob);
  assert.equal((await sealNode(node)).blobs, []);
});

test('a root that is not there is said, and nothing is sealed', async () => {
  const node = smallNode();
  rmSync(node.root.directory, { recursive: true });
  const report = await sealNode(node);
  assert.equal([report.verdict, codesIn(report), report.blobs], ['unverified', ['metadata-unreadable'], []]);
  assert.is(report.root, node.root.directory);
});

test('a seal that is not written is no success, and why is said', async () => {
  for (const [spoil, options, why] of [
    [() => {}, { stateDir: '/proc/state' }, () => / \/proc\/state\/seals\/[^ ]+ cannot be written: ENOENT: /],
    [() => {}, { stateDir: null }, () => 'there is no right to write in the state directory'],
    [({ state }: SmallNode) => chmodSync(state, 0o777), {}, ({ state }: SmallNode) => `${state}: others can write it`],
  ] as const) {
    const node = smallNode({ digest: foreign });
    spoil(node);
    const report = await sealNode(node, undefined, options);
    assert.equal([report.verdict, outcomes(report)], ['unverified', [['refused', null]]]);
    const [found, ...others] = report.blobs[0]?.findings ?? [];
    assert.equal([found?.code, found?.subject, others], ['state-unusable', node.blob, []]);
    assert.match(found?.message ?? '', /^the seal is not written: /);
    assert.match(found?.message ?? '', why(node));
    assert.match(found?.remedy ?? '', 'run as root, or name another state directory with --state-dir');
  }
});

test('what is read of the index before a blob is sealed by somebody who says so is not passed over', async () => {
  const node = smallNode({ digest: foreign });
  const entry = { ref: imageUrl, content_sum: `sha256:${foreign}`, size: 1 };
  putRow(node.root.directory, 'json', 'cloud-images', imageUrl, entry);
  const report = await sealNode(node);
  assert.equal(
    [report.verdict, codesIn(report), outcomes(report)],
    ['deny', ['blob-size-mismatch'], [['refused', null]]],
  );
  const [found] = report.blobs[0]?.findings ?? [];
  assert.equal(withoutPlace(found?.remedyArgv), ['blobcheck', 'ensure', '--image', imageUrl]);
});

test('an index that cannot be read is said, and nothing is sealed', async () => {
  for (const [index, request] of [
    ['cloudimg/db/images.json', { all: true }],
    ['snapshot/db/snapshots.json', { names: ['app:v1'] }],
  ] as const) {
    const node = smallNode();
    writeFileSync(join(node.root.directory, index), '{');
    const report = await sealNode(node, request);
    assert.equal([report.verdict, codesIn(report), report.blobs], ['unverified', ['metadata-unreadable'], []], index);
    assert.is(report.findings[0]?.subject, join(node.root.directory, index));
  }
});

test('sqlite: the database is closed in the end', async () => {
  const node = smallNode({ engine: 'sqlite' });
  await sealNode(node);
  const open = openBelow(node.root.directory).length;
  await sealNode(node);
  assert.ok(openBelow(node.root.directory).length <= open);
});

const dirtyBytes = (content: string) =>
  buildQcow2({ virtualSize: diskBytes, incompatible: 1n, clusters: [{ index: 0, data: Buffer.from(content) }] });

/** A node with a converted base that was closed uncleanly, which is worth a warning. */
function dirtyNode(): SmallNode {
  const node = smallNode({ digest: foreign });
  swap(node.blob, dirtyBytes('base'));
  putRow(node.root.directory, 'json', 'cloud-images', imageUrl, { ref: imageUrl, content_sum: `sha256:${foreign}` });
  return node;
}

test('a warning stands in no seal’s way, and is told with it', async () => {
  const sealed = dirtyNode();
  for (const request of [undefined, { replace: foreign }]) {
    const report = await sealNode(sealed, request);
    const [[outcome, basis] = []] = outcomes(report);
    assert.equal([outcome, basis], [request === undefined ? 'sealed' : 'replaced', 'operator']);
    assert.equal([report.verdict, codesIn(report)], ['allow', ['blob-marked-dirty']]);
  }
  const unwritten = await sealNode(dirtyNode(), undefined, { stateDir: null });
  assert.equal([unwritten.verdict, codesIn(unwritten)], ['unverified', ['blob-marked-dirty', 'state-unusable']]);
  const node = dirtyNode();
  await sealNode(node);
  const theirs = readFileSync(await sealFile(node), 'utf8');
  swap(node.blob, dirtyBytes('converted by another'));
  const raced = await sealWhile(node, theirs);
  assert.equal([raced.verdict, codesIn(raced)], ['deny', ['blob-marked-dirty', 'blob-corrupt']]);
});

test('a base that is gone and that no image names is copied from another node', async () => {
  const node = smallNode();
  putRow(node.root.directory, 'json', 'cloud-images', imageUrl, null);
  rmSync(node.blob);
  const [blob] = (await sealNode(node, { names: ['app:v1'] })).blobs;
  const [found] = blob?.findings ?? [];
  assert.is(found?.code, 'blob-missing');
  assert.is(found?.remedy, `copy sha256:${node.base} from a node that has it to ${node.blob}`);
});

test('a layer that is gone is brought as a layer is', async () => {
  const node = ociNode();
  await sealNode(node);
  const path = join(node.root.directory, 'oci/blobs', `${node.layers[1]}.erofs`);
  rmSync(path);
  const refused = (await sealNode(node, { names: ['oci:v1'] })).blobs.filter(({ outcome }) => outcome === 'refused');
  assert.equal(
    refused.map(({ findings }) => findings.map(({ code, subject, remedy }) => [code, subject, remedy])),
    [[['blob-missing', path, 'bring the file from a node that has it, or pull its image again']]],
  );
});

test('a seal that is none is never taken for no seal; somebody who vouches for the blob replaces it', async () => {
  const node = smallNode({ digest: foreign });
  await sealNode(node);
  writeFileSync(await sealFile(node), '{');
  const refused = await sealNode(node);
  assert.equal(outcomes(refused), [['refused', null]]);
  assert.ok(codesIn(refused).includes('seal-unreadable'));
  assert.is.not(refused.verdict, 'allow');
  assert.equal(outcomes(await sealNode(node, { replace: foreign })), [['replaced', 'operator']]);
});

test('a seal whose bytes are not to be had is not replaced', async () => {
  const node = smallNode({ digest: foreign });
  await sealNode(node);
  const path = await sealFile(node);
  const written = readFileSync(path, 'utf8');
  chmodSync(dirname(path), 0o777);
  const report = await sealNode(node, { replace: foreign });
  assert.equal(outcomes(report), [['refused', null]]);
  const [found, ...others] = report.blobs[0]?.findings ?? [];
  assert.equal([found?.code, found?.subject, others], ['seal-unreadable', node.blob, []]);
  assert.match(found?.message ?? '', 'its seal cannot be read: ');
  assert.is(readFileSync(path, 'utf8'), written);
});

/** Seals a blob of whose content another process writes this seal when the first bytes have been read. */
async function sealWhile(node: SmallNode, seal: string): Promise<SealReport> {
  const path = await sealFile(node);
  rmSync(path, { force: true });
  return await sealNode(node, undefined, { onProgress: () => writeFileSync(path, seal) });
}

test('of several that seal at once one wins: what it has decided is kept, and other content is refused', async () => {
  const node = smallNode({ digest: foreign });
  const [blob] = (await sealNode(node)).blobs;
  const theirs = readFileSync(await sealFile(node), 'utf8');
  const same = await sealWhile(node, theirs);
  assert.equal([same.verdict, codesIn(same), outcomes(same)], ['allow', [], [['sealed', 'operator']]]);
  assert.is(readFileSync(await sealFile(node), 'utf8'), theirs);
  swap(node.blob, baseBytes('converted by another'));
  const other = await sealWhile(node, theirs);
  assert.equal([other.verdict, codesIn(other), outcomes(other)], ['deny', ['blob-corrupt'], [['refused', 'operator']]]);
  const [found] = other.blobs[0]?.findings ?? [];
  assert.match(found?.message ?? '', 'another seal was written meanwhile');
  assert.equal([found?.expected, found?.actual], [blob?.digest, `sha256:${sha256(baseBytes('converted by another'))}`]);
  assert.match(found?.expectedFrom ?? '', /^seal, basis operator, since 20/);
  const torn = await sealWhile(node, '{');
  assert.equal([codesIn(torn), outcomes(torn)], [['seal-unreadable'], [['refused', null]]]);
});

test.run();
