import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BlobPlace, judgeOverlay, judgeOverlayOnBase, overlayDisk } from '../../lib/verify/overlay.js';
import { buildQcow2, type Qcow2Spec } from '../builders/qcow2.js';
import { headerOf } from '../qcow2/in-memory.js';
import { meddlingSignal } from '../support/meddling-signal.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the file of an overlay, and an overlay on its base');

const size = 4 * 2 ** 20;
const directory = temporaryDirectory();
const path = join(directory, 'overlay.qcow2');
const blob = join(directory, `${'ab'.repeat(32)}.qcow2`);
const place: BlobPlace = { blobs: directory, spellings: [directory], staysInPlace: false };

/** Judges what stands in the overlay's place, which must be one finding that says what it is. */
async function isNoFile(actual: string): Promise<void> {
  const judged = await judgeOverlay(path, place);
  const [found, ...others] = judged.findings;
  assert.is(found?.code, 'snapshot-file-missing');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.is(found?.actual, actual);
  assert.equal(others, []);
  assert.equal([judged.header, judged.base], [null, null]);
}

test.before.each(() => rmSync(path, { recursive: true, force: true }));

test('no file in its place', async () => {
  await isNoFile('missing');
});

test('a directory in its place', async () => {
  mkdirSync(path);
  await isNoFile('directory');
});

test('a link in its place, even to a sound overlay', async () => {
  await judged();
  renameSync(path, `${path}.moved`);
  symlinkSync(`${path}.moved`, path);
  await isNoFile('symlink');
});

test('a socket in its place', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await isNoFile('socket');
  await new Promise((resolve) => server.close(resolve));
});

needs(['mkfifo'], test, 'a FIFO that nobody writes to in its place does not hang', async () => {
  assert.is(spawnSync('mkfifo', [path]).status, 0);
  await isNoFile('fifo');
});

test('an interruption is no finding', async () => {
  await judged();
  try {
    await judgeOverlay(path, place, AbortSignal.abort());
  } catch (error) {
    assert.is((error as { code?: string }).code, 'aborted');
    return;
  }
  assert.unreachable();
});

/** A judged overlay on the blob. */
async function judged(format: string | null = 'qcow2', changes: Partial<Qcow2Spec> = {}) {
  writeFileSync(path, buildQcow2({ virtualSize: size, backing: { name: blob, format }, ...changes }));
  return await judgeOverlay(path, place);
}

const meddling: readonly (readonly [string, () => void])[] = [
  ['is written to', () => writeFileSync(path, 'x', { flag: 'r+' })],
  [
    'is replaced, even by the same bytes,',
    () => {
      cpSync(path, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  ],
  ['is removed', () => rmSync(path)],
];
for (const [what, meddle] of meddling) {
  test(`an overlay that ${what} while its tables are walked is unverified, and nothing else changes that`, async () => {
    await judged();
    await settled(path);
    const { findings } = await judgeOverlay(path, place, meddlingSignal(1, meddle));
    assert.equal(
      findings.map(({ code, severity }) => [code, severity]),
      [['file-changed', 'unverified']],
    );
    assert.is(findings[0]?.subject, path);
  });
}

test('an overlay that nobody touches meanwhile has not changed', async () => {
  await judged();
  let looks = 0;
  assert.equal(
    (
      await judgeOverlay(
        path,
        place,
        meddlingSignal(1, () => (looks += 1)),
      )
    ).findings,
    [],
  );
  assert.is(looks, 1);
});

const base = await headerOf(buildQcow2({ virtualSize: size }));

test('a format that is not said is allowed over a sound blob, and denied over anything else', async () => {
  const overlay = await judged(null);
  assert.equal(overlay.findings, []);
  assert.equal(judgeOverlayOnBase(path, overlay, base), []);
  const [found, ...others] = judgeOverlayOnBase(path, overlay, null);
  assert.is(found?.code, 'backing-format-missing');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.equal(others, []);
});

test('a format that is said needs no sound base for that', async () => {
  assert.equal(judgeOverlayOnBase(path, await judged(), null), []);
});

test('another format than qcow2 is denied whatever the base is', async () => {
  const overlay = await judged('raw');
  assert.equal(
    overlay.findings.map(({ code }) => code),
    ['backing-format-mismatch'],
  );
  assert.equal(judgeOverlayOnBase(path, overlay, base), []);
});

test('one of version 2 that is smaller cannot be resized, which cocoon does', async () => {
  const codesOfSize = async (version: 2 | 3, virtualSize: number) =>
    judgeOverlayOnBase(path, await judged('qcow2', { virtualSize, version }), base).map(({ code }) => code);
  assert.equal(await codesOfSize(2, size - 512), ['overlay-unsupported', 'virtual-size-shrunk']);
  assert.equal(await codesOfSize(3, size - 512), ['virtual-size-shrunk']);
  assert.equal(await codesOfSize(2, size), []);
});

test('an overlay that is smaller than its base is a warning with both sizes; an equal or larger one is none', async () => {
  const [found, ...others] = judgeOverlayOnBase(path, await judged('qcow2', { virtualSize: size - 512 }), base);
  assert.is(found?.code, 'virtual-size-shrunk');
  assert.is(found?.severity, 'warning');
  assert.is(found?.expected, `${size} bytes or more`);
  assert.is(found?.expectedFrom, 'base header');
  assert.is(found?.actual, `${size - 512} bytes`);
  assert.equal(others, []);
  for (const virtualSize of [size, 2 * size]) {
    assert.equal(judgeOverlayOnBase(path, await judged('qcow2', { virtualSize }), base), []);
  }
});

test('an overlay without a base, or without a header, is another rule to judge', async () => {
  writeFileSync(path, buildQcow2({ virtualSize: 512 }));
  assert.equal(judgeOverlayOnBase(path, await judgeOverlay(path, place), null), []);
  writeFileSync(path, 'no image');
  assert.equal(judgeOverlayOnBase(path, await judgeOverlay(path, place), null), []);
});

test('a report shows the disk with its size, its dirty bit and its chain', async () => {
  const chain = [{ path: blob, format: 'qcow2', digest: `sha256:${'ab'.repeat(32)}` }];
  const disk = { file: 'overlay.qcow2', role: 'cow', format: 'qcow2', virtualSize: size, chain };
  assert.equal(overlayDisk('overlay.qcow2', await judged(), chain), { ...disk, dirty: false });
  const dirty = await judged('qcow2', { incompatible: 1n });
  assert.equal(dirty.findings, []);
  assert.equal(overlayDisk('overlay.qcow2', dirty, chain), { ...disk, dirty: true });
});

test('a report shows what it does not know as null', async () => {
  writeFileSync(path, 'no image');
  const unknown = { file: 'x', role: 'cow', format: 'qcow2', virtualSize: null, dirty: null, chain: [] };
  assert.equal(overlayDisk('x', await judgeOverlay(path, place), []), unknown);
  const header = { ...base, virtualSize: 2n ** 53n };
  assert.is(overlayDisk('x', { header }, []).virtualSize, null);
});

test.run();
