import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { buildRoot, idFor, writeIndex } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';
import { refusal } from './refusal.js';

const test = suite('the JSON engine');

const base = 'ab'.repeat(32);
function root() {
  const built = buildRoot({
    directory: temporaryDirectory(),
    images: [{ ref: 'http://example.com/a', bytes: Buffer.from('base'), digest: base }],
    snapshots: [{ name: 'a:v1', image: 'http://example.com/a', base, overlay: Buffer.from('overlay') }],
  });
  return { ...built, index: join(built.directory, 'snapshot', 'db', 'snapshots.json') };
}

test('reading changes nothing in the root', async () => {
  const { directory, location } = root();
  const before = listing(directory);
  const store = await openStore(location);
  assert.is(store.engine, 'json');
  assert.equal(await store.resolve('a:v1'), { kind: 'found', id: idFor('a:v1'), by: 'name' });
  await store.snapshot(idFor('a:v1'));
  await store.allImages();
  await store.close();
  assert.equal(listing(directory), before);
});

test('an index is read once, so every answer is of one generation', async () => {
  const { location, index } = root();
  const store = await openStore(location);
  assert.is((await store.listSnapshots()).length, 1);
  writeIndex(index, { snapshots: {}, names: {} });
  assert.is((await store.listSnapshots()).length, 1);
  assert.is((await store.resolve('a:v1')).kind, 'found');
  assert.is((await (await openStore(location)).resolve('a:v1')).kind, 'not-found');
});

test('a torn index is served from its previous generation, and that is told', async () => {
  for (const tear of [
    '',
    '{"snapshots": {',
    '{"snapshots": {}} trailing',
    '[]',
    'null',
    '"x"',
    '\0\0\0\0',
    '\ufeff{}',
    '{"snapshots": []}',
    '{"names": 7}',
  ]) {
    const { location, index } = root();
    linkSync(index, `${index}.prev`);
    rmSync(index);
    writeFileSync(index, tear);
    const store = await openStore(location);
    assert.is((await store.resolve('a:v1')).kind, 'found', tear);
    assert.is(store.recovered.length, 1, tear);
    assert.is(store.recovered[0]?.path, index);
    assert.ok((store.recovered[0]?.reason.length ?? 0) > 0);
  }
});

test('a whole index is served as it is, whatever previous generation lies there', async () => {
  const { location, index } = root();
  writeFileSync(`${index}.prev`, '{');
  const store = await openStore(location);
  assert.is((await store.resolve('a:v1')).kind, 'found');
  assert.equal(store.recovered, []);
});

test('no white space at its end, or much, tears no index', async () => {
  const { location, index } = root();
  writeFileSync(index, `\n\t ${readFileSync(index, 'utf8').trim()} \r\n\n`);
  assert.is((await (await openStore(location)).resolve('a:v1')).kind, 'found');
});

test('torn in both generations, the index is unreadable, with both reasons and the position', async () => {
  const { location, index } = root();
  writeFileSync(index, '{"snapshots": {"é": 1,]');
  writeFileSync(`${index}.prev`, '[]');
  const error = await refusal((await openStore(location)).resolve('a:v1'), 'metadata-unreadable', /not a JSON object/);
  assert.is(error.path, index);
  assert.is(error.offset, Buffer.byteLength('{"snapshots": {"é": 1,'));
  rmSync(`${index}.prev`);
  await refusal((await openStore(location)).resolve('a:v1'), 'metadata-unreadable', /prev is not there/);
  mkdirSync(`${index}.prev`);
  await refusal((await openStore(location)).resolve('a:v1'), 'metadata-unreadable', /a directory stands there/);
});

test('a torn image index stands in no snapshot’s way, and the other way round', async () => {
  const { location, index, directory } = root();
  const images = join(directory, 'cloudimg', 'db', 'images.json');
  truncateSync(images, 10);
  const store = await openStore(location);
  assert.is((await store.resolve('a:v1')).kind, 'found');
  const error = await refusal(store.allImages(), 'metadata-unreadable', /cannot be decoded/);
  assert.is(error.path, images);
  truncateSync(index, 10);
  await refusal((await openStore(location)).listSnapshots(), 'metadata-unreadable', /cannot be decoded/);
});

test('a missing index is an empty one, even beside a previous generation, as cocoon has it', async () => {
  const { location, index } = root();
  linkSync(index, `${index}.prev`);
  rmSync(index);
  const store = await openStore(location);
  assert.equal(await store.listSnapshots(), []);
  assert.equal(store.recovered, []);
});

test('an index that goes away between opening and reading is no empty one', async () => {
  const { location, index } = root();
  const store = await openStore(location);
  rmSync(index);
  await refusal(store.listSnapshots(), 'metadata-unreadable', /taken away/);
});

test('tables that are absent or null are empty', async () => {
  const { location, index } = root();
  for (const text of ['{}', '{"snapshots": null, "names": null, "tombstones": null}', '{"later": [1]}']) {
    writeFileSync(index, text);
    assert.equal(await (await openStore(location)).listSnapshots(), [], text);
  }
});

test('invalid UTF-8 is replaced, as Go does it, and tears nothing', async () => {
  const { location, index } = root();
  writeFileSync(index, Buffer.from('{"snapshots":{"ABC":{"name":"\xff"}},"names":{"\xff":"ABC"}}', 'latin1'));
  const store = await openStore(location);
  assert.equal(await store.resolve('\ufffd'), { kind: 'found', id: 'ABC', by: 'name' });
});

test('a link to an index is followed, a FIFO or directory in its place neither hangs nor is empty', async () => {
  const { location, index } = root();
  const elsewhere = join(temporaryDirectory(), 'snapshots.json');
  writeFileSync(elsewhere, readFileSync(index));
  rmSync(index);
  symlinkSync(elsewhere, index);
  assert.is((await (await openStore(location)).resolve('a:v1')).kind, 'found');
  rmSync(index);
  mkdirSync(index);
  await refusal((await openStore(location)).listSnapshots(), 'metadata-unreadable', /a directory stands there/);
});

test('an index larger than any real one is not read', async () => {
  const { location, index } = root();
  truncateSync(index, 256 * 1024 * 1024 + 1);
  await refusal((await openStore(location)).listSnapshots(), 'metadata-unreadable', /more than 268435456/);
});

test('a JSON root loads no sqlite', async () => {
  const { location } = root();
  const { spawnSync } = await import('node:child_process');
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../../lib/store/open.ts', import.meta.url).href)};
    const store = await openStore(${JSON.stringify(location)});
    await store.resolve('a:v1');
    const { readFileSync } = await import('node:fs');
    process.stdout.write(String(readFileSync('/proc/self/maps', 'utf8').includes('sqlite')));`;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.is(run.stdout, 'false', run.stderr);
});

test.run();
