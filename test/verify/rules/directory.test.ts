import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../../lib/finding/catalogue.js';
import type { DirectoryEntry, SnapshotDirectory } from '../../../lib/store/snapshot-directory.js';
import { judgeDirectory, requiredFiles } from '../../../lib/verify/rules/directory.js';

const test = suite('directory');

const path = '/var/lib/cocoon/snapshot/localfile/EYNQX4TQBEFCQBSBP3ERVAEFBN';
const disks = ['overlay.qcow2', 'cidata.img'];
const required = requiredFiles('cloud-image');
const usual = [...required, ...disks];

type Listed = Extract<SnapshotDirectory, { kind: 'directory' }>;
type Kind = DirectoryEntry['kind'];

function listed(names: readonly string[], changes: Partial<Listed> = {}): Listed {
  const entries = names.map((name) => ({ name, kind: 'regular', size: 1n }) as const);
  return { kind: 'directory', path, inStore: true, entries, truncated: false, stamp: '', ...changes };
}

function judge(names: readonly string[], diskFiles: readonly string[] = disks) {
  return judgeDirectory(path, listed(names), { kind: 'cloud-image', diskFiles });
}

/** The usual files, some of which are of another kind than regular. */
function judgeKinds(kinds: Readonly<Record<string, Kind>>) {
  const names = [...new Set([...usual, ...Object.keys(kinds)])];
  const entries = names.map((name) => ({ name, kind: kinds[name] ?? 'regular', size: 1n }));
  return judgeDirectory(path, listed([], { entries }), { kind: 'cloud-image', diskFiles: disks });
}

test('the files of a healthy snapshot are all known', () => {
  assert.equal(judge(usual), []);
});

test('cidata that nothing refers to any longer, more memory files and data disks are known too', () => {
  assert.equal(judge([...usual, 'memory-range-1', 'data-x.raw', 'snapshot.json'], ['overlay.qcow2']), []);
});

/** What a record may lead to instead of a directory of this store, and in which words. */
const misplaced: readonly (readonly [string, SnapshotDirectory, RegExp, actual: string])[] = [
  ['nothing', { kind: 'missing' }, /is not there/, 'missing'],
  ['a relative path', { kind: 'not-absolute' }, /no absolute path/, 'missing'],
  ['a link', { kind: 'not-directory', path, what: 'symlink' }, /a symlink stands in the place/, 'symlink'],
  ['a file', { kind: 'not-directory', path, what: 'regular' }, /a regular file stands in the place/, 'regular'],
  ['a directory outside the store', listed(usual, { inStore: false }), /does not lie directly in this store/, path],
];
for (const [what, listing, words, actual] of misplaced) {
  test(`${what} in the place of the directory is the only finding`, () => {
    const [found, ...others] = judgeDirectory(path, listing, { kind: 'cloud-image', diskFiles: disks });
    assert.is(found?.code, 'snapshot-file-missing');
    assert.is(found?.severity, 'error');
    assert.is(found?.subject, path);
    assert.match(found?.message ?? '', words);
    const expected = actual === path ? 'a directory directly in snapshot/localfile of this root' : 'a directory';
    assert.equal([found?.expected, found?.expectedFrom, found?.actual], [expected, 'cocoon', actual]);
    const { mend } = catalogue['snapshot-file-missing'];
    assert.is(found?.remedy === mend, actual !== path, 'one that is elsewhere is not taken again');
    assert.equal(others, []);
  });
}

test('a directory that cannot be read, or holds more than anybody looks at, says nothing against its files', () => {
  const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  for (const [listing, words] of [
    [{ kind: 'unreadable', error }, /cannot be read: EACCES/],
    [listed(['extra'], { truncated: true }), /more files than anybody would look at/],
  ] as const) {
    const [found, ...others] = judgeDirectory(path, listing, { kind: 'cloud-image', diskFiles: disks });
    assert.is(found?.code, 'file-unreadable');
    assert.is(found?.severity, 'unverified');
    assert.is(found?.subject, path);
    assert.match(found?.message ?? '', words);
    assert.equal(others, []);
  }
});

for (const name of usual) {
  test(`${name} must be there`, () => {
    const [found, ...others] = judge(usual.filter((other) => other !== name));
    assert.is(found?.code, 'snapshot-file-missing');
    assert.is(found?.subject, `${path}/${name}`);
    assert.is(found?.actual, 'missing');
    assert.equal(others, []);
  });

  for (const kind of ['symlink', 'fifo', 'directory', 'block device'] as const) {
    test(`${name} must not be a ${kind}`, () => {
      const [found, ...others] = judgeKinds({ [name]: kind });
      assert.is(found?.code, 'snapshot-file-missing');
      assert.is(found?.subject, `${path}/${name}`);
      assert.is(found?.actual, kind);
      assert.equal(others, []);
    });
  }
}

test('memory under another name than the hypervisor looks for does not count', () => {
  const names = usual.map((name) => (name === 'memory-ranges' ? 'memory-range-0' : name));
  assert.equal(
    judge(names).map(({ code, subject }) => [code, subject]),
    [['snapshot-file-missing', `${path}/memory-ranges`]],
  );
});

test('a disk that is asked for twice is missed once', () => {
  assert.is(judge(required, ['overlay.qcow2', 'overlay.qcow2']).length, 1);
});

for (const name of ['extra', '.hidden', 'overlay.qcow2.bak', 'cow.raw2', 'data-x', 'xdata-x.raw', 'data-\n.raw']) {
  test(`${JSON.stringify(name)} is a file that cocoon does not write`, () => {
    const [found, ...others] = judge([...usual, name]);
    assert.is(found?.code, 'snapshot-file-unknown');
    assert.is(found?.severity, 'warning');
    assert.is(found?.subject, `${path}/${name}`);
    assert.is(found?.actual, 'regular');
    assert.equal(others, []);
  });
}

for (const name of ['xcow.raw', 'cow.raw2', 'xvmstate', 'vmstate2', 'mem2', 'xmem', 'overlay.qcow2', 'memory-ranges']) {
  test(`${name} is a file that cocoon does not write beside a Firecracker`, () => {
    const files = listed(['cow.raw', 'vmstate', 'mem', 'cocoon.json', name]);
    const found = judgeDirectory(path, files, { kind: 'firecracker', diskFiles: ['cow.raw'] });
    assert.equal(
      found.map(({ code, subject }) => [code, subject]),
      [['snapshot-file-unknown', `${path}/${name}`]],
    );
  });
}

for (const name of ['cow.raw.cocoon-clone-backup', 'api.sock', 'console.sock', 'ch.pid', 'fc.pid', 'vmstate', 'mem']) {
  test(`${name} is a file that cocoon would take for its own`, () => {
    const [found, ...others] = judge([...usual, name]);
    assert.equal([found?.code, found?.severity], ['snapshot-file-refused', 'error']);
    assert.is(found?.subject, `${path}/${name}`);
    assert.equal(others, []);
  });
}

test('the files of a Firecracker are refused nowhere but beside a Cloud Hypervisor', () => {
  const kind = 'firecracker';
  const files = ['cow.raw', 'vmstate', 'mem', 'cocoon.json'];
  assert.equal(judgeDirectory(path, listed(files), { kind, diskFiles: ['cow.raw'] }), []);
  const backup = listed([...files, 'data-x.raw.cocoon-clone-backup']);
  const found = judgeDirectory(path, backup, { kind, diskFiles: ['cow.raw'] });
  assert.equal(
    found.map(({ code }) => code),
    ['snapshot-file-refused'],
  );
});

for (const [kind, files] of [
  ['firecracker', ['cocoon.json', 'vmstate', 'mem', 'cow.raw']],
  ['oci', ['cocoon.json', 'config.json', 'state.json', 'memory-ranges', 'cow.raw']],
  ['cloud-image', ['cocoon.json', 'config.json', 'state.json', 'memory-ranges', 'cow.raw']],
] as const) {
  test(`each file of a snapshot of the kind ${kind} must be there`, () => {
    const missing = (names: readonly string[]) => {
      const found = judgeDirectory(path, listed(names), { kind, diskFiles: ['cow.raw'] });
      return found.map(({ code, subject }) => `${code} ${subject}`);
    };
    assert.equal(missing(files), []);
    for (const name of files) {
      assert.equal(missing(files.filter((other) => other !== name)), [`snapshot-file-missing ${path}/${name}`]);
    }
  });
}

test('what only looks like a file that cocoon would take for its own is one that it does not write', () => {
  const severities = (names: readonly string[]) => judge([...usual, ...names]).map(({ severity }) => severity);
  assert.equal(severities(['xapi.sock', 'api.sockx', 'xvmstate', 'memx']), [
    'warning',
    'warning',
    'warning',
    'warning',
  ]);
  assert.equal(severities(['.cocoon-clone-backup']), ['error']);
});

test('of many refused files five are listed, and any one denies', () => {
  const backups = Array.from({ length: 9 }, (_, index) => `${index}.cocoon-clone-backup`);
  assert.equal(
    judge([...usual, ...backups]).map(({ code }) => code),
    Array(5).fill('snapshot-file-refused'),
  );
});

test('a known name that nobody lists is unknown where it is no regular file: cocoon leaves it out of a clone', () => {
  for (const kind of ['symlink', 'fifo', 'directory'] as const) {
    const [found, ...others] = judgeKinds({ 'data-x.raw': kind });
    assert.is(found?.code, 'snapshot-file-unknown');
    assert.is(found?.subject, `${path}/data-x.raw`);
    assert.is(found?.actual, kind);
    assert.equal(others, []);
  }
  assert.equal(judgeKinds({ 'data-x.raw': 'regular' }), []);
});

test('five unknown files are listed, and more are counted', () => {
  const extra = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
  assert.is(judge([...usual, ...extra(5)]).length, 5);
  const found = judge([...usual, ...extra(7)]);
  assert.is(found.length, 6);
  assert.is(found[5]?.message, '2 more files that cocoon does not write');
  assert.is(found[5]?.subject, path);
});

test('what is missing stands before what is unknown', () => {
  assert.equal(
    judge([...usual.slice(1), 'extra']).map(({ code }) => code),
    ['snapshot-file-missing', 'snapshot-file-unknown'],
  );
});

test.run();
