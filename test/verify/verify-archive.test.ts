import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_VMSTATE_BYTES } from '../../lib/vmstate/limits.js';
import { type ArchiveFile, buildTar, END_MARK } from '../builders/archive.js';
import { STORAGE } from '../builders/cocoon-root.js';
import { exportOf, smallExport, withFile, withRecord } from '../builders/exported-archive.js';
import { ociNode } from '../builders/oci-node.js';
import { diskBytes, overlayOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { damages, type JudgedArchive } from './archive-damages.js';

const test = suite('an archive in the place of a snapshot');

/** Judges it as it streams by, in small pieces. */
async function judged({ node, first, files, end = END_MARK }: JudgedArchive) {
  const source = pieces(buildTar({ first: [first], files, end }));
  const { snapshots } = await verifyNode(node, { archives: [{ name: 'app.tar', source }] });
  return snapshots[0];
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_537) yield bytes.subarray(at, at + 65_537);
}

for (const [what, code, words, damage] of damages) {
  test(`with ${what} is not allowed`, async () => {
    const entry = await judged(damage(smallExport()));
    assert.is(entry?.verdict, code === 'snapshot-unsupported' ? 'unverified' : 'deny');
    const [first] = entry?.findings ?? [];
    assert.is(first?.code, code);
    assert.ok(first?.message.includes(words), first?.message);
  });
}

test('of a cloud image is allowed by its own name, with its disks and the base that it stands on', async () => {
  const made = smallExport();
  const entry = await judged(made);
  assert.equal([entry?.ref, entry?.id, entry?.name, entry?.verdict], ['app.tar', null, 'app:v1', 'allow']);
  assert.equal(codesOf(entry), []);
  assert.equal(
    entry?.disks.map(({ file, virtualSize, dirty }) => [file, virtualSize, dirty]),
    [
      ['overlay.qcow2', diskBytes, true],
      ['cidata.img', 2 ** 20, null],
    ],
  );
  assert.equal(entry?.disks[0]?.chain, [{ path: made.node.blob, format: 'qcow2', digest: `sha256:${made.node.base}` }]);
});

test('that has no name has none', async () => {
  const entry = await judged(withRecord(smallExport(), { name: '' }));
  assert.equal([entry?.name, entry?.verdict], [null, 'allow']);
  const unknown = await judged(withRecord(smallExport(), { name: '', hypervisor: 'other' }));
  assert.equal([unknown?.name, unknown?.verdict], [null, 'unverified']);
});

test('with an overlay that is too large to be kept is judged by its header, which is said', async () => {
  const large = (content: Buffer) => Buffer.concat([content, Buffer.alloc(9 * 2 ** 20, 1)]);
  const made = withFile(smallExport(), 'overlay.qcow2', (file) => ({
    ...file,
    content: large(file.content as Buffer),
  }));
  const entry = await judged(made);
  assert.equal([entry?.verdict, codesOf(entry)], ['allow', ['overlay-tables-unread']]);
  const outside = withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: large(overlayOn('/etc/shadow')) }));
  assert.equal(codesOf(await judged(outside)), ['backing-outside-store', 'overlay-tables-unread']);
});

for (const name of ['oci:v1', 'fc:v1']) {
  const sealedExport = async () => {
    const node = ociNode();
    await sealNode(node);
    return exportOf(node, name);
  };

  test(`of an OCI image is allowed where its layers are sealed (${name})`, async () => {
    const entry = await judged(await sealedExport());
    assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [name, 'allow', []]);
    assert.equal(
      entry?.disks.map(({ role, virtualSize }) => [role, virtualSize]),
      [
        ['layer', 8192],
        ['layer', 8192],
        ['cow', STORAGE],
      ],
    );
    assert.is(entry?.blobs.length, 4);
  });

  test(`of an OCI image without its writable disk is denied (${name})`, async () => {
    const entry = await judged(withFile(await sealedExport(), 'cow.raw', () => null));
    assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['snapshot-file-missing']]);
  });
}

const states: readonly (readonly [
  what: string,
  code: string,
  words: string,
  (file: ArchiveFile) => ArchiveFile | null,
])[] = [
  ['is missing', 'snapshot-file-missing', "vmstate is not in the snapshot's directory", () => null],
  [
    'is damaged',
    'vmstate-malformed',
    'its CRC-64 is not that of its bytes',
    (file) => ({ ...file, content: 'no state' }),
  ],
  [
    'is larger than any',
    'vmstate-malformed',
    `it has ${MAX_VMSTATE_BYTES + 1} bytes, more than a machine's state`,
    ({ name }) => ({ name, content: Buffer.alloc(MAX_VMSTATE_BYTES + 1) }),
  ],
];
for (const [what, code, words, change] of states) {
  test(`of a Firecracker whose state ${what} is denied`, async () => {
    const node = ociNode();
    await sealNode(node);
    const entry = await judged(withFile(exportOf(node, 'fc:v1'), 'vmstate', change));
    const [first] = entry?.findings ?? [];
    assert.equal([entry?.verdict, first?.code, codesOf(entry).length], ['deny', code, 1]);
    assert.ok(first?.message.includes(words), first?.message);
  });
}

test('that cannot be read is not judged', async () => {
  const { node } = smallExport();
  const entryOf = async (source: string) =>
    (await verifyNode(node, { archives: [{ name: source, source }] })).snapshots[0];
  for (const path of ['/nowhere/app.tar', '/']) {
    const entry = await entryOf(path);
    assert.equal([entry?.ref, entry?.verdict, codesOf(entry)], [path, 'unverified', ['file-unreadable']]);
  }
});

test('is no longer read when nobody wants the answer', async () => {
  const { node, first, files } = smallExport();
  let read = 0;
  const source = async function* () {
    for await (const piece of pieces(buildTar({ first: [first], files }))) {
      read += 1;
      yield piece;
    }
  };
  const request = { archives: [{ name: 'app.tar', source: source() }] };
  const answer = await verifyNode(node, request, { signal: AbortSignal.abort() }).catch((error: unknown) => error);
  assert.is((answer as { code?: string }).code, 'aborted');
  assert.ok(read <= 1, `${read} pieces are read`);
});

test.run();
