import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildErofs, type ErofsSpec } from '../builders/erofs.js';
import { flaw, superblockOf } from './in-memory.js';

const test = suite('what the files of an EROFS image are compressed with');

const CONFIGS = 0x2;

/** Puts configurations behind the superblock, and the names out of their way. */
function configs(algorithms: number, ...records: readonly (readonly [number, number])[]) {
  return (image: Buffer) => {
    image.copy(image, 2048, 1152, 1280);
    image.fill(0, 1152, 1280);
    image.writeUInt16LE(64, 1038);
    image.writeUInt16LE(algorithms, 1108);
    for (const [at, bytes] of records) image.writeUInt16LE(bytes, at);
  };
}

test('the algorithms that files may be compressed with', async () => {
  const algorithmsOf = async (spec: ErofsSpec) => (await superblockOf(buildErofs(spec))).compressionAlgorithms;
  assert.equal(await algorithmsOf({}), []);
  assert.equal(await algorithmsOf({ featureIncompat: 1 }), ['lz4']);
  assert.equal(await algorithmsOf({ edit: (image) => image.writeUInt16LE(0xffff, 1108) }), ['lz4']);
  const all = configs(0xf, [1152, 14], [1168, 14], [1184, 6], [1192, 6]);
  assert.equal(await algorithmsOf({ featureIncompat: CONFIGS, edit: all }), ['lz4', 'lzma', 'deflate', 'zstd']);
  assert.equal(await algorithmsOf({ featureIncompat: CONFIGS, edit: configs(0x8, [1152, 6]) }), ['zstd']);
  assert.equal(await algorithmsOf({ featureIncompat: CONFIGS, edit: configs(0) }), []);
});

test('a configuration is where the one before it ends, rounded up to 4 bytes', async () => {
  const spec = { featureIncompat: CONFIGS };
  assert.is(await flaw(configs(0x3, [1152, 15], [1172, 14]), spec), 'ok');
  assert.is(
    await flaw(configs(0x3, [1152, 15], [1172, 13]), spec),
    'malformed at 1172: the configuration of lzma has 13 bytes',
  );
});

test('each configuration has its bytes, and they lie in the image', async () => {
  const spec = { featureIncompat: CONFIGS };
  const short = 'malformed at 1152: the configuration of zstd has 5 bytes';
  assert.is(await flaw(configs(0x8, [1152, 5]), spec), short);
  assert.is(await flaw(configs(0x8, [1152, 4096 - 1154]), spec), 'ok');
  const past = 'malformed at 1152: the configuration of zstd ends past the end of the image';
  assert.is(await flaw(configs(0x8, [1152, 4096 - 1153]), spec), past);
  // A length of 0 stands for 65536.
  assert.is(await flaw(configs(0x8), spec), past);
  assert.is(await flaw(configs(0x8), { ...spec, content: Buffer.alloc(65536) }), 'ok');
  const away = 'malformed at 4096: the configuration of zstd lies past the end of the image';
  assert.is(await flaw(configs(0x9, [1152, 4096 - 1154]), spec), away);
  assert.is(await flaw(configs(0x28, [1152, 6]), spec), 'unsupported: compression algorithms unknown-5');
});

test.run();
