import { appendFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type BlobPlace,
  type JudgedOverlay,
  judgeOverlay,
  judgeOverlayContent,
  overlayDisk,
} from '../../lib/verify/overlay.js';
import { buildQcow2, type Qcow2Spec } from '../builders/qcow2.js';
import { headerOf, readBuffer } from '../qcow2/in-memory.js';
import { openBelow } from '../support/open-files.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('overlay');

const hex = 'ab'.repeat(32);
const size = 4 * 2 ** 20;

/** Two stores: ours, and one of the same shape that is somebody else's. Nothing stands in either: no base is opened. */
const place = realpathSync(temporaryDirectory());
const store = join(place, 'store');
const blobs = join(store, 'blobs');
const elsewhere = join(place, 'elsewhere');
for (const directory of [store, elsewhere]) {
  for (const name of ['blobs', 'snap', 'deep']) mkdirSync(join(directory, name), { recursive: true });
}
symlinkSync(join(elsewhere, 'deep'), join(store, 'to-elsewhere'));
symlinkSync(join(store, 'deep'), join(elsewhere, 'to-store'));
symlinkSync(blobs, join(place, 'link'));
symlinkSync(join(elsewhere, 'snap'), join(store, 'snap-elsewhere'));

const inStore: BlobPlace = { blobs, spellings: [blobs], staysInPlace: false };
const outsideCocoon: BlobPlace = { ...inStore, staysInPlace: true };

const path = join(store, 'snap/overlay.qcow2');

function write(name: string | null, changes: Partial<Qcow2Spec> = {}, to = path): void {
  const backing = name === null ? {} : { backing: { name } };
  writeFileSync(to, buildQcow2({ virtualSize: size, ...backing, ...changes }));
}

async function judge(name: string | null, where = inStore): Promise<JudgedOverlay> {
  write(name);
  return await judgeOverlay(path, where);
}

function codes({ findings }: JudgedOverlay): string[] {
  return findings.map(({ code }) => code);
}

test('an overlay on a blob of the store is sound, and its base is known; the base need not be there', async () => {
  const judged = await judge(join(blobs, `${hex}.qcow2`));
  assert.equal(judged.findings, []);
  assert.is(judged.base, hex);
  assert.is(judged.header?.virtualSize, BigInt(size));
});

test('an overlay without a base is one finding', async () => {
  const judged = await judge(null);
  assert.equal(codes(judged), ['backing-none']);
  assert.is(judged.base, null);
  assert.ok(judged.header);
});

/** Each leads to the blobs of the store today: by the text, by the links, or from where this process stands. */
const otherSpellings: readonly (readonly [string, string])[] = [
  ['a link to the blobs', join(place, 'link')],
  // The text says store/blobs, the kernel goes to elsewhere/blobs.
  ['a name whose text leads to the blobs and whose links lead elsewhere', `${store}/to-elsewhere/../blobs`],
  // The text says elsewhere/blobs, the kernel goes to store/blobs.
  ['a name whose text leads elsewhere and whose links lead to the blobs', `${elsewhere}/to-store/../blobs`],
  ['a name with a dot', `${store}/./blobs`],
  ['a name that goes down and up again', `${store}/snap/../blobs`],
  ['a name with two slashes', `${store}//blobs`],
  ['a name with a slash at its end', `${blobs}/`],
];
for (const [what, directory] of otherSpellings) {
  test(`${what} is outside the store`, async () => {
    const judged = await judge(`${directory}/${hex}.qcow2`);
    assert.equal(codes(judged), ['backing-outside-store']);
    assert.is(judged.base, null);
  });
}

test('a name through /proc/self/cwd is outside the store, though it leads there for us', async () => {
  const before = process.cwd();
  process.chdir(store);
  try {
    for (const where of [inStore, outsideCocoon]) {
      const judged = await judge(`/proc/self/cwd/blobs/${hex}.qcow2`, where);
      assert.equal(codes(judged), ['backing-outside-store']);
      assert.is(judged.base, null);
    }
  } finally {
    process.chdir(before);
  }
});

test('a link that is one of the spellings of the store is in the store', async () => {
  const spellings = [blobs, join(place, 'link')];
  assert.is((await judge(join(place, `link/${hex}.qcow2`), { ...inStore, spellings })).base, hex);
});

test('a relative name is denied in a snapshot, and accepted where the overlay stays in its place', async () => {
  const name = `../blobs/${hex}.qcow2`;
  const denied = await judge(name);
  assert.equal(codes(denied), ['backing-relative']);
  assert.is(denied.base, null);
  const accepted = await judge(name, outsideCocoon);
  assert.equal(codes(accepted), []);
  assert.is(accepted.base, hex);
});

test('a relative name is followed as the kernel does, not as its text says', async () => {
  const byLinks = await judge(`../../elsewhere/to-store/../blobs/${hex}.qcow2`, outsideCocoon);
  assert.is(byLinks.base, hex);
  const byText = await judge(`../to-elsewhere/../blobs/${hex}.qcow2`, outsideCocoon);
  assert.equal(codes(byText), ['backing-outside-store']);
});

test('an overlay that is named through a link to its directory is judged from where it really lies', async () => {
  // By the text it would be store/blobs.
  const through = join(store, 'snap-elsewhere/overlay.qcow2');
  write(`../blobs/${hex}.qcow2`, {}, through);
  assert.equal(codes(await judgeOverlay(through, outsideCocoon)), ['backing-outside-store']);
  write(`../to-store/../blobs/${hex}.qcow2`, {}, through);
  assert.is((await judgeOverlay(through, outsideCocoon)).base, hex);
});

test('a relative name without a slash leads to the directory of the overlay', async () => {
  const beside = join(blobs, 'overlay.qcow2');
  write(`${hex}.qcow2`, {}, beside);
  assert.is((await judgeOverlay(beside, outsideCocoon)).base, hex);
  assert.equal(codes(await judge(`${hex}.qcow2`, outsideCocoon)), ['backing-outside-store']);
});

test('a relative name that leads nowhere, or a directory of blobs that is not there, is outside', async () => {
  assert.equal(codes(await judge(`gone/${hex}.qcow2`, outsideCocoon)), ['backing-outside-store']);
  const none = { ...outsideCocoon, blobs: join(store, 'gone'), spellings: [join(store, 'gone')] };
  assert.equal(codes(await judge(`../blobs/${hex}.qcow2`, none)), ['backing-outside-store']);
});

test('what the header and the name are found guilty of stands together, the header first', async () => {
  write('/etc/shadow', { cryptMethod: 1 });
  const judged = await judgeOverlay(path, inStore);
  assert.equal(codes(judged), ['overlay-encrypted', 'backing-outside-store']);
});

/** An overlay on a blob of the store, one of whose tables leads to the header. */
function damagedTables(): Buffer {
  write(join(blobs, `${hex}.qcow2`), { zeroClusters: [0] });
  const bytes = readFileSync(path);
  const l2 = Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(40))) & 0xffff_ffff_ffffn);
  bytes.writeBigUInt64BE(1n << 63n, l2);
  return bytes;
}

test('tables that lead to the header are a finding, and the base is known all the same', async () => {
  writeFileSync(path, damagedTables());
  const judged = await judgeOverlay(path, inStore);
  assert.equal(codes(judged), ['overlay-malformed']);
  assert.is(judged.base, hex);
});

test('tables of which not all was read are left to whoever has them', async () => {
  const bytes = damagedTables();
  const judge = async (tables: 'unknown' | 'unread') =>
    codes(await judgeOverlayContent(readBuffer(bytes), { path, size: bytes.length, tables }, inStore, undefined));
  assert.equal(await judge('unread'), []);
  assert.equal(await judge('unknown'), ['overlay-malformed']);
});

test('guest writes that no table leads to are a warning', async () => {
  write(join(blobs, `${hex}.qcow2`));
  const bytes = readFileSync(path);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(65536, 'guest')]));
  assert.equal(codes(await judgeOverlay(path, inStore)), ['overlay-unflushed']);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(65536)]));
  assert.equal(codes(await judgeOverlay(path, inStore)), []);
});

test('a name that does not stand in the first cluster is the finding of the header alone', async () => {
  write(join(blobs, `${hex}.qcow2`));
  const bytes = readFileSync(path);
  bytes.writeBigUInt64BE(65_500n, 8);
  writeFileSync(path, bytes);
  const judged = await judgeOverlay(path, inStore);
  assert.equal(codes(judged), ['overlay-malformed']);
  assert.is(judged.base, null);
});

test('a file that is no image, or ends in its header, has no header to show', async () => {
  write(join(blobs, `${hex}.qcow2`));
  for (const bytes of [Buffer.alloc(512, 'x'), readFileSync(path).subarray(0, 60), Buffer.alloc(0)]) {
    writeFileSync(path, bytes);
    const judged = await judgeOverlay(path, inStore);
    assert.equal(codes(judged), ['overlay-malformed']);
    assert.equal([judged.header, judged.base], [null, null]);
  }
});

test('the base is opened by its name, and by a relative one from the directory of the overlay', async () => {
  const absolute = join(blobs, `${hex}.qcow2`);
  assert.is((await judge(absolute)).basePath, absolute);
  const relative = `../blobs/${hex}.qcow2`;
  assert.is((await judge(relative, outsideCocoon)).basePath, `${join(store, 'snap')}/${relative}`);
  for (const name of [relative, '/etc/shadow', null]) assert.is((await judge(name)).basePath, null, `${name}`);
});

test('an overlay that stays in its place needs a base, too, and one that is a file', async () => {
  assert.equal(codes(await judge(null, outsideCocoon)), ['backing-none']);
  assert.equal(codes(await judge('nbd:localhost:1', outsideCocoon)), ['backing-not-a-path']);
});

test('an overlay that changes while it is judged is said to, beside what was found', async () => {
  write('/etc/shadow');
  const judging = judgeOverlay(path, inStore);
  appendFileSync(path, Buffer.alloc(512));
  assert.equal(
    (await judging).findings.map(({ code, subject }) => [code, subject]),
    [
      ['file-changed', path],
      ['backing-outside-store', path],
    ],
  );
});

test('an overlay is closed again', async () => {
  await judge(null);
  assert.equal(openBelow(store), []);
});

test('what is no regular file in the place of an overlay is not there, and what cannot be opened is not read', async () => {
  const found = async (at: string) =>
    (await judgeOverlay(at, inStore)).findings.map(({ code, subject, actual, message }) => [
      code,
      subject,
      actual,
      message,
    ]);
  const message = 'the overlay is not there as a regular file';
  const gone = join(store, 'gone.qcow2');
  assert.equal(await found(gone), [['snapshot-file-missing', gone, 'missing', message]]);
  assert.equal(await found(blobs), [['snapshot-file-missing', blobs, 'directory', message]]);
  const long = join(store, 'x'.repeat(300));
  assert.equal(await found(long), [
    ['file-unreadable', long, null, 'the overlay cannot be opened: ENAMETOOLONG: name too long'],
  ]);
});

test('a report shows the size of a disk as far as JSON has numbers for it, and whether it was open', async () => {
  const header = await headerOf(buildQcow2({ virtualSize: size }));
  const shown = (changes: Partial<typeof header> | null) =>
    overlayDisk('x.qcow2', { header: changes && { ...header, ...changes } }, []);
  const disk = { file: 'x.qcow2', role: 'cow', format: 'qcow2', chain: [] };
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  assert.equal(shown({}), { ...disk, virtualSize: size, dirty: false });
  assert.equal(shown({ incompatible: 1n, virtualSize: most }), { ...disk, virtualSize: Number(most), dirty: true });
  assert.equal(shown({ virtualSize: most + 1n }), { ...disk, virtualSize: null, dirty: false });
  assert.equal(shown(null), { ...disk, virtualSize: null, dirty: null });
});

test.run();
