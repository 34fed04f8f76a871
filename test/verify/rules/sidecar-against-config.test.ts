import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfigDisk } from '../../../lib/verify/rules/disk-facts.js';
import { judgeDiskIds, judgeSidecarAgainstConfig } from '../../../lib/verify/rules/sidecar-against-config.js';
import { judgeWhichFile } from '../../../lib/verify/rules/which-file.js';
import { dataDisk, diskFacts, usualDisks, withConfig } from './disk-literals.js';

const test = suite('cocoon.json against config.json');

test('denied: an image type that is not that of the role', () => {
  for (const [index, imageType, actual] of [
    [0, 'Raw', 'Raw'],
    [0, '', 'none'],
    [0, 'Unknown', 'Unknown'],
    [0, 'qcow2', 'qcow2'],
    [1, 'Qcow2', 'Qcow2'],
    [1, 'Vhdx', 'Vhdx'],
  ] as const) {
    const [found, ...others] = judgeWhichFile(withConfig(index, { imageType }));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.expected, index === 0 ? 'Qcow2' : 'Raw');
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
});

test('denied: an overlay without backing files, and another disk with them', () => {
  for (const [index, backingFiles] of [
    [0, false],
    [1, true],
  ] as const) {
    const [found, ...others] = judgeWhichFile(withConfig(index, { backingFiles }));
    assert.is(found?.message, `disk ${index}: config.json has other backing_files`);
    assert.is(found?.actual, `backing_files ${backingFiles}`);
    assert.equal(others, []);
  }
});

test('denied: a disk that only config.json has, if it is anything but raw', () => {
  const plain = diskFacts(usualDisks);
  const extra: ConfigDisk = {
    id: 'x',
    path: '/x',
    readonly: false,
    serial: '',
    imageType: 'Qcow2',
    backingFiles: true,
  };
  assert.is(judgeWhichFile({ ...plain, config: [...plain.config, extra] }).length, 2);
});

test('the sidecar must list as many disks as config.json', () => {
  const plain = diskFacts(usualDisks);
  const [found, ...others] = judgeSidecarAgainstConfig({ ...plain, config: plain.config.slice(1) });
  assert.is(found?.code, 'sidecar-mismatch');
  assert.is(found?.expected, '2 disks');
  assert.is(found?.actual, '1 disks');
  assert.is(found?.expectedFrom, 'cocoon.json');
  assert.equal(others, []);
  assert.is(judgeSidecarAgainstConfig({ ...plain, config: [] }).length, 1);
});

test('the sidecar must list the same paths in the same order as config.json', () => {
  const [found, ...others] = judgeSidecarAgainstConfig(withConfig(1, { path: '/etc/shadow' }));
  assert.is(found?.message, 'disk 1: config.json names another path');
  assert.is(found?.actual, '/etc/shadow');
  assert.equal(others, []);
  const plain = diskFacts(usualDisks);
  assert.is(judgeSidecarAgainstConfig({ ...plain, config: [...plain.config].reverse() }).length, 2);
});

test('the sidecar must agree with config.json about what is read-only', () => {
  const [found, ...others] = judgeSidecarAgainstConfig(withConfig(0, { readonly: true }));
  assert.is(found?.message, 'disk 0: config.json differs in read-only');
  assert.is(found?.expected, 'read-only false');
  assert.is(found?.actual, 'read-only true');
  assert.equal(others, []);
});

test('the sidecar must agree with config.json about serials, which the guest mounts by', () => {
  const disks = [...usualDisks, dataDisk('scratch')];
  const plain = diskFacts(disks);
  assert.equal(judgeSidecarAgainstConfig(plain), []);
  for (const serial of ['other', '', 'scratch,path=/dev/sda']) {
    const config = plain.config.map((disk, at) => (at === 2 ? { ...disk, serial } : disk));
    const [found, ...others] = judgeSidecarAgainstConfig({ ...plain, config });
    assert.is(found?.message, 'disk 2: config.json names another serial');
    assert.is(found?.expected, 'scratch');
    assert.is(found?.actual, serial);
    assert.equal(others, []);
  }
  assert.is(judgeSidecarAgainstConfig(withConfig(0, { serial: 'x' })).length, 1);
});

test('each disk of config.json has an id that state.json knows, which may be any', () => {
  assert.equal(judgeDiskIds(diskFacts([...usualDisks, dataDisk('scratch')])), []);
  const renamed = withConfig(1, { id: 'plugged-in' });
  assert.equal(judgeDiskIds({ ...renamed, stateIds: ['_disk0', 'plugged-in'] }), []);
  assert.equal(judgeDiskIds({ ...renamed, stateIds: ['_disk0', 'plugged-in', '_disk9'] }), []);
});

test('denied: a disk whose id leads to no state, to that of another disk, or to none', () => {
  for (const [id, actual, message] of [
    ['_disk9', '_disk9', 'disk 1: state.json knows no device of its id'],
    ['_disk0', '_disk0', 'disk 1: config.json gives it no id of its own'],
    ['', 'none', 'disk 1: config.json gives it no id of its own'],
  ] as const) {
    const [found, ...others] = judgeDiskIds(withConfig(1, { id }));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.message, message);
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
});

test('a state that cannot be read says nothing of the ids, and they are still each disk’s own', () => {
  assert.equal(judgeDiskIds({ ...withConfig(1, { id: '_disk9' }), stateIds: null }), []);
  assert.is(judgeDiskIds({ ...withConfig(1, { id: '_disk0' }), stateIds: null }).length, 1);
});

test.run();
