import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keptWhole } from '../../lib/archive/kept-content.js';
import { readArchive } from '../../lib/archive/read-archive.js';
import { buildTar, sparseFile } from '../builders/archive.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { fileOf } from './every-way.js';

const test = suite('GNU tar');

const keep = () => ({ whole: 2 ** 20, ranges: [] });

const contents: Readonly<Record<string, Buffer>> = {
  'snapshot.json': Buffer.from('{}'),
  'cocoon.json': Buffer.alloc(512, ' '),
  empty: Buffer.alloc(0),
  'cow.raw': Buffer.alloc(513, 'c'),
  'memory-ranges': Buffer.alloc(100_000, 'm'),
};

function packed(...options: string[]): string {
  const directory = temporaryDirectory();
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(directory, name), bytes);
  const archive = join(temporaryDirectory(), 'archive.tar');
  execFileSync('tar', ['-C', directory, ...options, '-cf', archive, ...Object.keys(contents)]);
  return archive;
}

needs(['tar'], test, 'what it packs as ustar is read as it was', async () => {
  const read = await readArchive(packed('--format=ustar'), { keep });
  assert.ok(read.kind === 'ok', read.kind === 'ok' ? '' : read.reason);
  const files = read.entries.map(({ name, kept }) => [name, keptWhole(kept, 2 ** 20)]);
  assert.equal(Object.fromEntries(files), contents);
});

needs(['tar'], test, 'its own formats are not what cocoon writes', async () => {
  const gnu = await readArchive(packed('--format=gnu'));
  assert.is(gnu.kind === 'malformed' && gnu.reason, 'a header is not of the ustar format');
  const pax = await readArchive(packed('--format=pax'));
  assert.is(pax.kind === 'malformed' && pax.reason, 'the PAX key "atime" is none that cocoon writes');
  const old = await readArchive(packed('--format=v7'));
  assert.is(old.kind === 'malformed' && old.reason, 'it holds a file of the old kind; cocoon writes regular files');
});

needs(['tar'], test, 'it unpacks to the same files what is taken and has no holes', async () => {
  const long = `data-${'n'.repeat(200)}.raw`;
  const files = [
    ...Object.entries(contents).map(([name, content]) => ({ name, content })),
    { name: long, content: 'long', records: [['path', long]] as const },
    { name: 'größe', content: 'ä', records: [['path', 'größe']] as const },
  ];
  const archive = fileOf(buildTar({ first: [], files }));
  const read = await readArchive(archive, { keep });
  assert.ok(read.kind === 'ok');
  const directory = join(temporaryDirectory(), 'unpacked');
  mkdirSync(directory);
  execFileSync('tar', ['-C', directory, '-xf', archive]);
  assert.is(read.entries.length, files.length);
  for (const { name, size, kept } of read.entries) {
    const bytes = readFileSync(join(directory, name));
    assert.is(BigInt(bytes.length), size, name);
    assert.equal(keptWhole(kept, 2 ** 20), bytes, name);
  }
});

needs(['tar'], test, 'it lists what is taken in the same order', async () => {
  const files = [sparseFile('cow.raw', 8192, [[4096, Buffer.from('x')]]), { name: 'state.json', content: '{}' }];
  const archive = fileOf(buildTar({ files }));
  const read = await readArchive(archive);
  assert.ok(read.kind === 'ok');
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  assert.equal(
    listed.trimEnd().split('\n'),
    read.entries.map(({ name }) => name),
  );
});

test.run();
