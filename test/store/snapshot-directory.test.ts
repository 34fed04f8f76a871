import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSnapshotDirectory } from '../../lib/store/snapshot-directory.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';

const test = suite('a snapshot’s directory');

function built() {
  const root = buildRoot({
    directory: temporaryDirectory(),
    snapshots: [{ name: 's', image: 'i', base: 'ab'.repeat(32), overlay: Buffer.from('overlay') }],
  });
  return { ...root, directory: root.directory, dataDir: root.files('s') };
}

test('its files by name, kind and size, and nothing is touched', async () => {
  const { location, dataDir } = built();
  const before = listing(dataDir);
  const found = await readSnapshotDirectory(dataDir, location);
  assert.equal(listing(dataDir), before);
  if (found.kind !== 'directory') throw new Error(found.kind);
  assert.is(found.path, dataDir);
  assert.is(found.inStore, true);
  assert.is(found.truncated, false);
  assert.equal(
    found.entries.map(({ name, kind }) => `${kind} ${name}`),
    ['cidata.img', 'cocoon.json', 'config.json', 'memory-ranges', 'overlay.qcow2', 'state.json'].map(
      (name) => `regular ${name}`,
    ),
  );
  assert.is(found.entries.find(({ name }) => name === 'memory-ranges')?.size, 536870912n);
});

test('directly under the store, every link on the way resolved', async () => {
  const { directory, location, dataDir } = built();
  const inStore = async (path: string) => {
    const found = await readSnapshotDirectory(path, location);
    return found.kind === 'directory' ? found.inStore : found.kind;
  };
  assert.is(await inStore(dataDir), true);
  assert.is(await inStore(`${dataDir}/../${dataDir.split('/').at(-1)}/`), true);
  assert.is(await inStore(join(directory, 'snapshot', 'localfile')), false);
  mkdirSync(join(dataDir, 'sub'));
  assert.is(await inStore(join(dataDir, 'sub')), false);
  mkdirSync(join(directory, 'snapshot', 'localfile-2'));
  assert.is(await inStore(join(directory, 'snapshot', 'localfile-2')), false);
  assert.is(await inStore(temporaryDirectory()), false);

  const elsewhere = join(temporaryDirectory(), 'link');
  symlinkSync(dataDir, elsewhere);
  assert.is(await inStore(elsewhere), true, 'a link that everybody follows');
  const id = dataDir.split('/').at(-1);
  assert.is(await inStore(`${elsewhere}/../${id}`), false, 'Go takes it for what lies beside the link');
  symlinkSync('/proc/self/cwd', `${elsewhere}.process`);
  const before = process.cwd();
  process.chdir(join(dataDir, '..'));
  assert.is(await inStore(`/proc/self/cwd/${id}`), false, 'each process has its own');
  assert.is(await inStore(`${elsewhere}.process/${id}`), false, 'by a link, too');
  process.chdir(before);

  const outside = join(temporaryDirectory(), 'moved');
  renameSync(dataDir, outside);
  symlinkSync(outside, dataDir);
  assert.is(await inStore(dataDir), false);
});

test('a root that is a link is the root it leads to', async () => {
  const { directory, dataDir } = built();
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(directory, link);
  const found = await readSnapshotDirectory(join(link, 'snapshot', 'localfile', dataDir.split('/').at(-1) ?? ''), {
    root: link,
  });
  assert.ok(found.kind === 'directory' && found.inStore && found.path === dataDir);
});

test('what is no directory is told apart', async () => {
  const { location, dataDir } = built();
  assert.equal(await readSnapshotDirectory(`${dataDir}-gone`, location), { kind: 'missing' });
  assert.equal(await readSnapshotDirectory('', location), { kind: 'not-absolute' });
  assert.equal(await readSnapshotDirectory('snapshot/localfile/x', location), { kind: 'not-absolute' });
  const file = join(dataDir, 'cocoon.json');
  assert.equal(await readSnapshotDirectory(file, location), { kind: 'not-directory', path: file, what: 'regular' });
  assert.equal(await readSnapshotDirectory(join(file, 'x'), location), { kind: 'missing' });
  symlinkSync('loop', join(dataDir, 'loop'));
  assert.is((await readSnapshotDirectory(join(dataDir, 'loop'), location)).kind, 'unreadable');
  assert.is((await readSnapshotDirectory('/nul\0byte', location)).kind, 'unreadable');
});

test('links, directories and names that are no UTF-8 are listed as what they are', async () => {
  const { location, dataDir } = built();
  rmSync(join(dataDir, 'overlay.qcow2'));
  symlinkSync('/etc/passwd', join(dataDir, 'overlay.qcow2'));
  mkdirSync(join(dataDir, 'directory'));
  writeFileSync(Buffer.concat([Buffer.from(`${dataDir}/`), Buffer.from([0x66, 0xff, 0x66])]), 'x');
  const found = await readSnapshotDirectory(dataDir, location);
  if (found.kind !== 'directory') throw new Error(found.kind);
  const kinds = new Map(found.entries.map(({ name, kind }) => [name, kind]));
  assert.is(kinds.get('overlay.qcow2'), 'symlink');
  assert.is(kinds.get('directory'), 'directory');
  assert.is(kinds.get('f\ufffdf'), 'regular');
});

needs(['mkfifo'], test, 'a FIFO is listed and does not block', async () => {
  const { location, dataDir } = built();
  execFileSync('mkfifo', [join(dataDir, 'vmstate')]);
  const found = await readSnapshotDirectory(dataDir, location);
  assert.ok(
    found.kind === 'directory' && found.entries.some(({ name, kind }) => name === 'vmstate' && kind === 'fifo'),
  );
});

test('a link to guest memory, which a clone makes, is no change; one to any other file is', async () => {
  const { location, dataDir } = built();
  writeFileSync(join(dataDir, 'mem'), '');
  const stamp = async () => {
    const found = await readSnapshotDirectory(dataDir, location);
    return found.kind === 'directory' ? found.stamp : null;
  };
  const before = await stamp();
  for (const name of ['mem', 'memory-ranges']) linkSync(join(dataDir, name), `${dataDir}.${name}`);
  assert.is(await stamp(), before);
  linkSync(join(dataDir, 'cocoon.json'), `${dataDir}.json`);
  assert.is.not(await stamp(), before);
});

test('a directory of too many entries is cut, and that is told', async () => {
  const { location, dataDir } = built();
  for (let at = 0; at < 10_000 - 6; at += 1) writeFileSync(join(dataDir, `x${at}`), '');
  const whole = await readSnapshotDirectory(dataDir, location);
  assert.ok(whole.kind === 'directory' && !whole.truncated && whole.entries.length === 10_000);
  writeFileSync(join(dataDir, 'one-more'), '');
  truncateSync(join(dataDir, 'one-more'), 0);
  const cut = await readSnapshotDirectory(dataDir, location);
  assert.ok(cut.kind === 'directory' && cut.truncated && cut.entries.length === 10_000);
});

test.run();
