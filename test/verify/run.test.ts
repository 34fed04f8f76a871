import { spawnSync } from 'node:child_process';
import fs, {
  type BigIntStats,
  cpSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import type { EntryReport } from '../../lib/report/documents.js';
import { entryOf } from '../../lib/verify/entry.js';
import { startRun } from '../../lib/verify/run.js';
import { verifyOverlays } from '../../lib/verify/verify-overlays.js';
import { baseBytes, imageUrl, overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { verifyNode } from '../support/verify-node.js';
import { baseImage, baseOf, whatReceiptsNeed } from './blobs.js';

const test = suite('what changes behind the back of a run');

const receiptsNeed = await whatReceiptsNeed();
const secondUrl = 'https://images.example.com/second.qcow2';
const secondBytes = baseBytes('second');
const second = sha256(secondBytes);

/** Two bases: `a:v1`, `app:v1` and the image stand on the first, `b:v1` on the second. */
function twoBases(): SmallNode & { readonly secondBlob: string } {
  const node = smallNode({
    images: [{ ref: secondUrl, bytes: secondBytes }],
    more: (base, blob) => [
      snapshotOn('a:v1', base, blob),
      snapshotOn('b:v1', second, blob.replace(base, second), { image: secondUrl }),
    ],
  });
  return { ...node, secondBlob: node.root.blob(second) };
}

/** The first is judged to its end before the second is read. */
const oneAfterTheOther = { blobsAtOnce: 1 };

/** Does something once, when the first bytes of a file have been read. */
function whileReading(file: string, meddle: () => void): (path: string) => void {
  let done = false;
  return (path) => {
    if (done || path !== file) return;
    done = true;
    meddle();
  };
}

const changes: readonly (readonly [string, (blob: string) => void])[] = [
  [
    'replaced, even by the same bytes,',
    (blob) => {
      writeFileSync(`${blob}.new`, readFileSync(blob));
      renameSync(`${blob}.new`, blob);
    },
  ],
  ['flipped', (blob) => flipBit(blob, 5 * 65536 + 3)],
  ['removed', (blob) => rmSync(blob)],
];
for (const [what, change] of changes) {
  test(`a base that is ${what} after it was judged is changed for every entry that stands on it, and for no other`, async () => {
    const node = twoBases();
    await settled(node.secondBlob);
    const onProgress = whileReading(node.secondBlob, () => change(node.blob));
    const request = { snapshots: ['a:v1', 'b:v1', 'app:v1'], images: [imageUrl, secondUrl] };
    const report = await verifyNode(node, request, { onProgress, ...oneAfterTheOther });
    const entries = [...report.snapshots, ...report.images];
    assert.equal(
      entries.map((entry) => [entry.ref, entry.verdict, ...codesOf(entry)]),
      [
        ['a:v1', 'deny', 'blob-changed'],
        ['b:v1', 'allow'],
        ['app:v1', 'deny', 'blob-changed'],
        [imageUrl, 'deny', 'blob-changed'],
        [secondUrl, 'allow'],
      ],
    );
    assert.is(entries[0]?.findings[0]?.subject, node.blob);
    assert.is(report.verdict, 'deny');
    assert.equal(report.summary, { allow: 2, deny: 3, unverified: 0, skipped: 0 });
  });

  needs(
    receiptsNeed,
    test,
    `a base that is ${what} after its receipt spoke for it is changed for who stands on it`,
    async () => {
      const node = twoBases();
      await settled(node.blob);
      await verifyNode(node);
      await settled(node.secondBlob);
      const onProgress = whileReading(node.secondBlob, () => change(node.blob));
      const report = await verifyNode(node, { snapshots: ['a:v1', 'b:v1'] }, { onProgress, ...oneAfterTheOther });
      assert.equal(
        report.snapshots.map(({ blobs }) => blobs[0]?.how),
        ['receipt', 'hashed'],
      );
      assert.equal(report.snapshots.map(codesOf), [['blob-changed'], []]);
    },
  );
}

test('a base of overlays outside cocoon that is replaced while a later one is read is changed, too', async () => {
  const node = twoBases();
  const directory = temporaryDirectory();
  const overlays = [node.blob, node.secondBlob].map((blob, index) => {
    const path = join(directory, `${index}.qcow2`);
    writeFileSync(path, overlayOn(blob));
    return path;
  });
  await settled(node.secondBlob);
  const judge = async (meddle: () => void) => {
    const onProgress = whileReading(node.secondBlob, meddle);
    const request = { overlays, blobs: join(node.root.directory, 'cloudimg/blobs') };
    const options = { stateDir: node.state, tool: 'test', content: 'read', onProgress, ...oneAfterTheOther } as const;
    const report = await verifyOverlays(request, options);
    return report.overlays.map(codesOf);
  };
  assert.equal(await judge(() => {}), [[], []]);
  assert.equal(await judge(() => flipBit(node.blob, 5 * 65536 + 3)), [['blob-changed'], []]);
});

test('what a run itself finds changed is said once', async () => {
  const node = twoBases();
  await settled(node.blob);
  const onProgress = whileReading(node.blob, () => flipBit(node.blob, 5 * 65536 + 3));
  assert.equal(codesOf((await verifyNode(node, undefined, { onProgress })).snapshots[0]), ['blob-changed']);
});

/** Judges `app:v1` and does something to its directory while the base is read. */
async function whileHashed(meddle: (directory: string) => void): Promise<EntryReport | undefined> {
  const node = smallNode();
  const directory = node.root.files('app:v1');
  for (const name of readdirSync(directory)) await settled(join(directory, name));
  let done = false;
  const onProgress = whileReading(node.blob, () => {
    meddle(directory);
    done = true;
  });
  const report = await verifyNode(node, undefined, { onProgress });
  assert.ok(done);
  return report.snapshots[0];
}

const meddling: readonly (readonly [string, (directory: string) => void])[] = [
  ['config.json written anew with the same bytes', (directory) => rewrite(join(directory, 'config.json'))],
  ['cocoon.json written anew with the same bytes', (directory) => rewrite(join(directory, 'cocoon.json'))],
  ['the overlay replaced by a copy of it', (directory) => replace(join(directory, 'overlay.qcow2'))],
  ['guest memory written to', (directory) => flipBit(join(directory, 'memory-ranges'), 0)],
  ['cidata written to in its place, and its time put back', (directory) => inSecret(join(directory, 'cidata.img'))],
  ['a decoy put beside the overlay', (directory) => writeFileSync(join(directory, 'cow.raw'), '')],
  ['a disk taken away', (directory) => rmSync(join(directory, 'cidata.img'))],
];
for (const [what, meddle] of meddling) {
  test(`${what} while the base is read: the snapshot changed, and nothing is allowed`, async () => {
    const entry = await whileHashed(meddle);
    assert.equal(codesOf(entry), ['file-changed']);
    assert.is(entry?.verdict, 'unverified');
  });
}

test('guest memory that a clone links meanwhile has not changed', async () => {
  const entry = await whileHashed((directory) => linkSync(join(directory, 'memory-ranges'), `${directory}.memory`));
  assert.equal(codesOf(entry), []);
});

test('a snapshot that is removed while its base is read is not allowed', async () => {
  const entry = await whileHashed((directory) => rmSync(directory, { recursive: true }));
  assert.is(entry?.verdict, 'unverified');
});

test('a base of overlays outside cocoon whose directory is a link that leads elsewhere now is changed', async () => {
  const node = smallNode();
  const blobs = join(node.root.directory, 'cloudimg/blobs');
  const directory = temporaryDirectory();
  const [link, other] = [join(directory, 'blobs'), join(directory, 'other')];
  symlinkSync(blobs, link);
  cpSync(blobs, other, { recursive: true });
  flipBit(join(other, `${node.base}.qcow2`), 5 * 65536 + 3);
  const overlay = join(directory, 'overlay.qcow2');
  const judge = async (name: string) => {
    rmSync(link);
    symlinkSync(blobs, link);
    writeFileSync(overlay, overlayOn(name));
    await settled(overlay);
    const onProgress = whileReading(node.blob, () => {
      symlinkSync(other, `${link}.new`);
      renameSync(`${link}.new`, link);
    });
    const options = { stateDir: null, tool: 'test', onProgress };
    return (await verifyOverlays({ overlays: [overlay], blobs: link }, options)).overlays[0]?.verdict;
  };
  assert.is(await judge(join(link, `${node.base}.qcow2`)), 'deny');
  assert.is(await judge(`blobs/${node.base}.qcow2`), 'deny', 'by a relative name');
});

test('a file that would be opened in the place of one that was judged must not come', async () => {
  const base = await baseOf(baseImage('good'));
  const run = await startRun(dirname(base.path), { stateDir: null, tool: 'test' });
  const instead = `${base.path}.unpacked`;
  const { findings, report } = await run.blob({ blob: base.blob, path: base.path, instead, indexedBytes: [] });
  const entry = entryOf({ ref: 'app:v1', findings, blobs: [report] });
  assert.equal((await run.recheck([entry])).map(codesOf), [[]]);
  symlinkSync('nowhere', instead);
  assert.equal((await run.recheck([entry])).map(codesOf), [['blob-changed']]);
});

test('a base that nobody asked for by another name is looked at again by its path', async () => {
  const base = await baseOf(baseImage('good'));
  const run = await startRun(dirname(base.path), { stateDir: null, tool: 'test' });
  const { findings, report } = await run.blob({ blob: base.blob, path: base.path, indexedBytes: [] });
  const entry = entryOf({ ref: 'app:v1', findings, blobs: [report] });
  assert.equal(await run.recheck([entry]), [entry]);
  replace(base.path);
  assert.equal((await run.recheck([entry])).map(codesOf), [['blob-changed']]);
});

test('what is watched has changed where it says so, and where it cannot be looked at again', async () => {
  const base = await baseOf(baseImage('good'));
  const run = await startRun(dirname(base.path), { stateDir: null, tool: 'test' });
  const watched = async (areSame: () => Promise<boolean>) => {
    const { findings, report } = await run.blob({ blob: base.blob, path: base.path, indexedBytes: [] });
    const entry = run.watch(entryOf({ ref: 'app:v1', findings, blobs: [report] }), { path: '/watched', areSame });
    const [again] = await run.recheck([entry]);
    return again?.findings.map(({ code, subject }) => [code, subject]);
  };
  assert.equal(await watched(async () => true), []);
  assert.equal(await watched(async () => false), [['file-changed', '/watched']]);
  assert.equal(await watched(() => Promise.reject(new Error('EIO'))), [['file-changed', '/watched']]);
});

for (const directory of ['', 'cloudimg', 'cloudimg/blobs', 'snapshot/localfile']) {
  test(`a directory that was moved away and back has led elsewhere meanwhile: ${directory || 'the root'}`, async () => {
    const node = smallNode();
    const run = await startRun(node.root.directory, { stateDir: null, tool: 'test' });
    const { findings, report } = await run.blob({ blob: node.base, path: node.blob, indexedBytes: [] });
    const entry = entryOf({ ref: 'app:v1', findings, blobs: [report] });
    assert.equal((await run.recheck([entry])).map(codesOf), [[]]);
    const path = join(node.root.directory, directory);
    renameSync(path, `${node.root.directory}.away`);
    renameSync(`${node.root.directory}.away`, path);
    const [again] = await run.recheck([entry]);
    assert.equal(
      again?.findings.map(({ code, subject }) => [code, subject]),
      [['file-changed', path]],
    );
  });
}

needs(receiptsNeed, test, 'a read that is longer ago than it may be speaks on, or is done again at once', async () => {
  const node = smallNode();
  await settled(node.blob);
  const judged = async (options: Parameters<typeof verifyNode>[2]) => {
    const [entry] = (await verifyNode(node, undefined, options)).snapshots;
    return [entry?.blobs[0]?.how, ...codesOf(entry)];
  };
  const day = 24 * 60 * 60 * 1000;
  assert.equal(await judged({}), ['hashed']);
  assert.equal(await judged({}), ['receipt']);
  assert.equal(await judged({ maxAgeMs: day, readsOverdue: true }), ['receipt']);
  assert.equal(await judged({ maxAgeMs: 0 }), ['receipt', 'verification-overdue']);
  assert.equal(await judged({ maxAgeMs: 0, readsOverdue: true }), ['hashed']);
  assert.equal(await judged({ content: 'read' }), ['hashed']);
});

needs(['disk-backed-tmp'], test, 'a read past the page cache is one where it is asked for', async () => {
  const node = smallNode();
  const readFrom = async (options: Parameters<typeof verifyNode>[2]) => {
    return (await verifyNode(node, undefined, { ...options, content: 'read' })).snapshots[0]?.blobs[0]?.readFrom;
  };
  assert.is(await readFrom({ direct: true }), 'disk');
  assert.is(await readFrom({ direct: false }), 'cache');
  assert.is(await readFrom({}), 'cache');
});

function rewrite(path: string): void {
  writeFileSync(path, readFileSync(path));
}

function replace(path: string): void {
  writeFileSync(`${path}.new`, readFileSync(path));
  renameSync(`${path}.new`, path);
}

/** Changes a file and puts its modification time back, as nobody can its ctime. */
function inSecret(path: string): void {
  const times = `${dirname(path)}.times`;
  const touch = (...args: string[]) => assert.is(spawnSync('touch', args).status, 0);
  touch('-r', path, times);
  flipBit(path, 0);
  touch('-r', times, path);
}

needs(
  receiptsNeed,
  test,
  'a base that the system does not let us look at again is unverified, and not denied',
  async () => {
    const node = smallNode();
    await settled(node.blob);
    assert.is((await verifyNode(node)).verdict, 'allow');
    const { lstatSync } = fs;
    const failing = (path: string, options: { bigint: true }): BigIntStats => {
      if (path !== node.blob) return lstatSync(path, options);
      const error = new Error(`EIO: i/o error, lstat '${path}'`);
      throw Object.assign(error, { code: 'EIO', errno: -5, syscall: 'lstat', path });
    };
    Object.assign(fs, { lstatSync: failing });
    syncBuiltinESMExports();
    try {
      const { verdict, snapshots } = await verifyNode(node);
      assert.equal([verdict, codesOf(snapshots[0])], ['unverified', ['blob-unreadable']]);
      assert.match(snapshots[0]?.findings[0]?.message ?? '', 'EIO: i/o error');
    } finally {
      Object.assign(fs, { lstatSync });
      syncBuiltinESMExports();
    }
  },
);

test('sections of config.json are allowed that its options name, and no others', async () => {
  const edit = ({ config }: { config: Record<string, unknown> }) =>
    Object.assign(config, { platform: { num_pci_segments: 2 } });
  const node = smallNode({ snapshot: () => ({ edit }) });
  for (const [allowedVmSections, code] of [
    [undefined, 'vm-config-host-access'],
    [['numa'], 'vm-config-host-access'],
    [['platform'], 'vm-section-allowed'],
  ] as const) {
    const options = allowedVmSections === undefined ? {} : { allowedVmSections };
    assert.equal(codesOf((await verifyNode(node, undefined, options)).snapshots[0]), [code]);
  }
});

test.run();
