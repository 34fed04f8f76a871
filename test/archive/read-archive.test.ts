import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readArchive } from '../../lib/archive/read-archive.js';
import { buildGzip, buildTar, END_MARK, entryBytes, snapshotJson, sparseFile } from '../builders/archive.js';
import { fileOf, inChunks, readEveryWay, refusal } from './every-way.js';

const test = suite('an archive');

const file = { name: 'cow.raw', content: 'content' };

test('it is told as cocoon would unpack it', async () => {
  const files = [file, sparseFile('memory-ranges', 8192, [[4096, Buffer.from('x')]])];
  const read = await readEveryWay(buildTar({ files }));
  assert.ok(read.kind === 'ok');
  assert.equal(
    read.entries.map(({ kept, ...entry }) => entry),
    [
      { name: 'snapshot.json', mode: 0o644, size: 26n, stored: 26n, sparse: null },
      { name: 'cow.raw', mode: 0o644, size: 7n, stored: 7n, sparse: null },
      { name: 'memory-ranges', mode: 0o644, size: 8192n, stored: 1n, sparse: { segments: 1 } },
    ],
  );
});

test('whether it is compressed, and how many bytes it has', async () => {
  const tar = buildTar({ files: [file] });
  const gzip = buildGzip({ files: [file] });
  for (const [bytes, compressed] of [
    [tar, false],
    [gzip, true],
  ] as const) {
    for (const source of [fileOf(bytes), inChunks(bytes, 100)]) {
      const read = await readArchive(source);
      assert.ok(read.kind === 'ok');
      assert.is(read.compressed, compressed);
      assert.is(read.bytes, bytes.length);
    }
  }
});

test('snapshot.json stands first', async () => {
  const first = 'the first entry is not snapshot.json';
  assert.equal(await refusal(buildTar({ first: [file, snapshotJson] })), { reason: first, entry: 'cow.raw' });
  assert.equal(await refusal(buildTar({ first: [] })), {
    reason: 'it holds nothing, not even snapshot.json',
    entry: null,
  });
  assert.is(await refusal(buildTar({ files: [] })), null);
});

test('a name stands there once: cocoon writes the later file over the earlier', async () => {
  const files = [file, { name: 'Cow.raw' }, file];
  assert.equal(await refusal(buildTar({ files })), { reason: 'the name stands there twice', entry: 'cow.raw' });
  assert.is((await refusal(buildTar({ files: [snapshotJson] })))?.reason, 'the name stands there twice');
  assert.is(await refusal(buildTar({ files: files.slice(0, 2) })), null);
});

test('it has no more entries, and unpacks to no more bytes, than the limits', async () => {
  const files = ['a', 'b'].map((name) => sparseFile(name, 1000, []));
  const tar = buildTar({ files });
  assert.is(await refusal(tar, { limits: { entries: 3, unpackedBytes: 2026 } }), null);
  assert.equal(await refusal(tar, { limits: { entries: 2 } }), { reason: 'it holds more than 2 entries', entry: 'b' });
  assert.equal(await refusal(tar, { limits: { unpackedBytes: 2025 } }), {
    reason: 'with this file it unpacks to more than 2025 bytes',
    entry: 'b',
  });
  const many = Array.from({ length: 256 }, (_, index) => ({ name: `data-${index}.raw` }));
  assert.equal(await refusal(buildTar({ files: many })), {
    reason: 'it holds more than 256 entries',
    entry: 'data-255.raw',
  });
  assert.is(await refusal(buildTar({ files: many.slice(1) })), null);
});

test('it ends with two blocks of zeros', async () => {
  const ends = { reason: 'the archive ends without its end mark', entry: null };
  assert.equal(await refusal(buildTar({ end: Buffer.alloc(0) })), ends);
  assert.equal(await refusal(buildTar({ end: Buffer.alloc(512) })), ends);
  assert.equal(await refusal(buildTar({ end: Buffer.alloc(1023) })), ends);
  assert.equal(await refusal(buildTar({ end: Buffer.concat([Buffer.alloc(512), entryBytes(file), END_MARK]) })), {
    reason: 'something follows the first half of the end mark',
    entry: null,
  });
});

test('only zeros follow the end mark, and not for ever', async () => {
  const after = (bytes: Buffer) => buildTar({ end: Buffer.concat([END_MARK, bytes]) });
  assert.is(await refusal(after(Buffer.alloc(9216))), null);
  assert.is(await refusal(after(Buffer.alloc(1))), null);
  assert.equal(await refusal(after(entryBytes(file))), { reason: 'something follows the end mark', entry: null });
  assert.is((await refusal(after(Buffer.from('\0\0x'))))?.reason, 'something follows the end mark');
  assert.is(await refusal(after(Buffer.alloc(2 ** 20))), null);
  const endless = 'more than 1048576 bytes follow the end mark';
  assert.is((await refusal(after(Buffer.alloc(2 ** 20 + 1))))?.reason, endless);
});

test('cut short anywhere it is refused', async () => {
  const tar = buildTar({ files: [file, sparseFile('memory-ranges', 8192, [[4096, Buffer.alloc(600, 'x')]])] });
  for (let length = 0; length < tar.length; length += length % 512 === 511 ? 1 : 73) {
    const read = await readArchive(inChunks(tar.subarray(0, length), 1000));
    assert.is(read.kind, 'malformed', String(length));
    const compressed = await readArchive(fileOf(tar.subarray(0, length)));
    assert.equal(compressed, read, String(length));
  }
});

test('where it was cut short, and in which file', async () => {
  const large = { name: 'memory-ranges', content: Buffer.alloc(5000) };
  const before = buildTar({ end: Buffer.alloc(0) }).length;
  const tar = buildTar({ files: [large] });
  assert.equal(await readEveryWay(tar.subarray(0, before + 512 + 4999)), {
    kind: 'malformed',
    reason: 'the archive ends within the file',
    entry: 'memory-ranges',
    offset: before + 512 + 4999,
  });
  assert.equal(await refusal(tar.subarray(0, before + 512 + 5001)), {
    reason: 'the archive ends within a block',
    entry: 'memory-ranges',
  });
  const kept = { name: 'cocoon.json', content: Buffer.alloc(5000, ' ') };
  const short = buildTar({ files: [kept] }).subarray(0, before + 512 + 4999);
  assert.equal(await refusal(short), { reason: 'the archive ends within the file', entry: 'cocoon.json' });
});

test('a block is filled with zeros', async () => {
  const reason = 'a block is filled with something else than zeros';
  assert.equal(await refusal(buildTar({ files: [{ ...file, padding: 1 }] })), { reason, entry: 'cow.raw' });
});

test('PAX records stand before their file, once, and have no more than a megabyte', async () => {
  const records: [string, string][] = [['mtime', '-1']];
  const whole = entryBytes({ ...file, records });
  const alone = whole.subarray(0, 1024);
  const tar = (...parts: Buffer[]) => Buffer.concat([buildTar({ end: Buffer.alloc(0) }), ...parts, END_MARK]);
  assert.is(await refusal(tar(whole)), null);
  assert.equal(await refusal(tar(alone)), {
    reason: 'the archive ends behind PAX records, before their file',
    entry: 'cow.raw',
  });
  assert.equal(await refusal(tar(alone, whole)), { reason: 'PAX records follow PAX records', entry: 'cow.raw' });
  assert.equal(await refusal(tar(whole.subarray(0, 512))), { reason: 'a PAX record has no length', entry: 'cow.raw' });
  const long = (bytes: number) => buildTar({ files: [{ ...file, records: [['uname', 'u'.repeat(bytes - 15)]] }] });
  assert.is(await refusal(long(2 ** 20)), null);
  assert.equal(await refusal(long(2 ** 20 + 1)), {
    reason: 'its PAX records have 1048577 bytes, more than 1048576',
    entry: 'cow.raw',
  });
});

test('it is no archive at all', async () => {
  const none = 'a header is damaged, or there is none';
  assert.is((await refusal(Buffer.alloc(512, 'x')))?.reason, none);
  assert.is((await refusal(Buffer.from('28b52ffd', 'hex')))?.reason, 'the archive ends without its end mark');
  assert.is((await refusal(Buffer.alloc(0)))?.reason, 'the archive ends without its end mark');
  assert.is((await refusal(Buffer.alloc(1024)))?.reason, 'it holds nothing, not even snapshot.json');
});

test.run();
