import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DirectoryFacts, judgeDirectory, requiredFiles } from '../../../lib/verify/rules/directory.js';

const test = suite('directory');

const path = '/var/lib/cocoon/snapshot/localfile/EYNQX4TQBEFCQBSBP3ERVAEFBN';
const disks = ['overlay.qcow2', 'cidata.img'];
const usual = [...requiredFiles, ...disks];

function facts(names: readonly string[], changes: Partial<DirectoryFacts> = {}): DirectoryFacts {
  return { path, problem: null, entries: names.map((name) => ({ name, kind: 'regular' })), ...changes };
}

function judge(names: readonly string[], diskFiles: readonly string[] = disks) {
  return judgeDirectory(facts(names), diskFiles);
}

test('the files of a healthy snapshot are all known', () => {
  assert.equal(judge(usual), []);
});

test('cidata that nothing refers to any longer, more memory files and data disks are known too', () => {
  assert.equal(judge([...usual, 'memory-range-1', 'data-x.raw', 'snapshot.json'], ['overlay.qcow2']), []);
});

test('a directory that is not where it must be is the only finding', () => {
  const problem = 'it is a symbolic link';
  const [found, ...others] = judgeDirectory(facts([], { problem }), disks);
  assert.is(found?.code, 'snapshot-file-missing');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.is(found?.message, problem);
  assert.equal(others, []);
});

for (const name of usual) {
  test(`${name} must be there`, () => {
    const [found, ...others] = judge(usual.filter((other) => other !== name));
    assert.is(found?.code, 'snapshot-file-missing');
    assert.is(found?.subject, `${path}/${name}`);
    assert.is(found?.actual, 'missing');
    assert.equal(others, []);
  });

  for (const kind of ['symlink', 'fifo', 'directory', 'block device']) {
    test(`${name} must not be a ${kind}`, () => {
      const entries = usual.map((other) => ({ name: other, kind: other === name ? kind : 'regular' }));
      const [found, ...others] = judgeDirectory(facts([], { entries }), disks);
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
  assert.is(judge([...requiredFiles], ['overlay.qcow2', 'overlay.qcow2']).length, 1);
});

for (const name of [
  'extra',
  '.hidden',
  'overlay.qcow2.bak',
  'cow.raw2',
  'data-x',
  'xdata-x.raw',
  'vmstate',
  'data-\n.raw',
]) {
  test(`${JSON.stringify(name)} is a file that cocoon does not write`, () => {
    const [found, ...others] = judge([...usual, name]);
    assert.is(found?.code, 'snapshot-file-unknown');
    assert.is(found?.severity, 'warning');
    assert.is(found?.subject, `${path}/${name}`);
    assert.is(found?.actual, 'regular');
    assert.equal(others, []);
  });
}

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
