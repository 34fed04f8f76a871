import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readArchive } from '../../lib/archive/read-archive.js';
import { buildGzip, buildTar, END_MARK } from '../builders/archive.js';
import { fileOf, inChunks } from './every-way.js';

const test = suite('a compressed archive');

const files = [{ name: 'cow.raw', content: Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * at) % 251)) }];
const gzip = buildGzip({ files });

/** Why it is refused, from a stream and from a file; null when it is not. */
async function reason(bytes: Buffer, chunk = 1000): Promise<string | null> {
  const streamed = await readArchive(inChunks(bytes, chunk));
  const read = await readArchive(fileOf(bytes));
  if (read.kind === 'ok' || streamed.kind === 'ok') {
    assert.is(streamed.kind, read.kind);
    return null;
  }
  assert.is(streamed.reason, read.reason);
  return read.reason;
}

/** The archive with other bytes at an offset; one that is negative counts from the end. */
function changed(at: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(gzip);
  copy.set(bytes, at < 0 ? copy.length + at : at);
  return copy;
}

test('it may come in chunks of any size', async () => {
  for (let chunk = 1; chunk < 20; chunk++) assert.is(await reason(gzip, chunk), null, String(chunk));
  for (let chunk = gzip.length - 20; chunk <= gzip.length; chunk++) assert.is(await reason(gzip, chunk), null);
});

test('its content may fill the chunks of zlib to the last byte', async () => {
  for (const over of [-1, 0, 1]) {
    const end = Buffer.alloc(2 * 256 * 1024 - buildTar({ end: Buffer.alloc(0) }).length + over);
    assert.is(await reason(gzipSync(buildTar({ end }), { level: 0 })), null, String(over));
  }
});

test('time, level and system in its header mean nothing, and gzip(1) writes the name of its file', async () => {
  assert.is(await reason(changed(4, [1, 2, 3, 4, 2, 3])), null);
  const named = (name: Buffer) => Buffer.concat([changed(3, [0x08]).subarray(0, 10), name, gzip.subarray(10)]);
  assert.is(await reason(named(Buffer.from('jammy_v1.tar\0'))), null);
  assert.is(await reason(named(Buffer.alloc(256, 'n').fill(0, 255))), null);
  const long = 'the name in its gzip header has more than 255 bytes';
  assert.is(await reason(named(Buffer.alloc(257, 'n').fill(0, 256))), long);
});

test('its header has no other fields', async () => {
  const fields = 'its gzip header has fields that cocoon does not write';
  for (const flags of [0x01, 0x02, 0x04, 0x10, 0x20, 0x40, 0x80, 0x09]) {
    assert.is(await reason(changed(3, [flags])), fields, String(flags));
  }
  assert.is(await reason(changed(2, [7])), 'it is compressed by a method that gzip does not have');
});

test('cut short it is refused, wherever', async () => {
  const ends = [
    [2, 'it ends in its gzip header'],
    [9, 'it ends in its gzip header'],
    [10, 'it ends within its gzip data'],
    [gzip.length - 9, 'it ends within its gzip data'],
    [gzip.length - 8, 'it ends within its gzip data'],
    [gzip.length - 1, 'it ends within its gzip data'],
  ] as const;
  for (const [length, expected] of ends) assert.is(await reason(gzip.subarray(0, length)), expected, String(length));
  const named = changed(3, [0x08]).subarray(0, 12);
  assert.is(await reason(named.fill('n', 10)), 'it ends in its gzip header');
});

test('its checksum and its length are compared: an import of cocoon compares neither', async () => {
  for (let at = -8; at < -4; at++) {
    const bad = changed(at, [(gzip.at(at) ?? 0) ^ 1]);
    assert.is(await reason(bad), 'its content has not the CRC-32 that its end names');
  }
  for (let at = -4; at < 0; at++) {
    const bad = changed(at, [(gzip.at(at) ?? 0) ^ 1]);
    assert.is(await reason(bad), 'its content has not the length that its end names');
  }
});

test('damaged data are refused', async () => {
  const refused = await reason(changed(10, [0xff]));
  assert.match(String(refused), /^the compressed data are damaged: /);
});

test('nothing follows it: no further member, no zeros', async () => {
  const follows = 'something follows the compressed archive';
  for (const more of [gzip, gzipSync(Buffer.alloc(0)), Buffer.alloc(1), Buffer.from('x')]) {
    for (const chunk of [1, gzip.length, gzip.length + 1, 2 * gzip.length]) {
      assert.is(await reason(Buffer.concat([gzip, more]), chunk), follows);
    }
  }
});

test('one archive in two members is two readings: Go reads on, others stop', async () => {
  const tar = buildTar({ files });
  const two = Buffer.concat([gzipSync(tar.subarray(0, 1024)), gzipSync(tar.subarray(1024))]);
  assert.ok(gunzipSync(two).equals(tar));
  assert.is(await reason(two), 'something follows the compressed archive');
});

test('what is no archive inside is refused as it is outside', async () => {
  const short = gzipSync(buildTar({ end: END_MARK.subarray(512) }));
  assert.is(await reason(short), 'the archive ends without its end mark');
  assert.is(await reason(gzipSync(Buffer.alloc(0))), 'the archive ends without its end mark');
  assert.is(await reason(gzipSync(Buffer.concat([gzip, gzip]))), 'a header is damaged, or there is none');
});

test('one that becomes too much for its size is left early', async () => {
  const content = Buffer.alloc(2 ** 20);
  const bomb = buildGzip({ files: [{ name: 'mem', content }] });
  const limits = { ratio: 100, ratioFloor: 2 ** 19 };
  const refused = await readArchive(inChunks(bomb, 1000), { limits });
  assert.ok(refused.kind === 'malformed');
  assert.is(refused.reason, 'it unpacks to more than 100 times its size, and more than 524288 bytes');
  assert.is(refused.entry, 'mem');
  assert.ok(refused.offset < 2 ** 20);
  for (const enough of [{ ratio: 1100 }, { ratioFloor: 2 ** 21 }]) {
    assert.is((await readArchive(fileOf(bomb), { limits: { ...limits, ...enough } })).kind, 'ok');
  }
});

test('a stored length of 4 GiB and more counts modulo 2^32, a false one does not', async () => {
  // The field of an archive's end, which has no room for more.
  const tar = buildTar({ files });
  const body = deflateRawSync(tar);
  const trailer = Buffer.from(gzipSync(tar).subarray(-8));
  trailer.writeUInt32LE(tar.length - 1, 4);
  const bad = Buffer.concat([Buffer.from('1f8b08000000000004ff', 'hex'), body, trailer]);
  assert.is(await reason(bad), 'its content has not the length that its end names');
});

test.run();
