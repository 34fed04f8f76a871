import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mark } from '../../lib/install/mark.js';
import { needs } from '../support/requires.js';
import { installableNode, nodeNeeds, stepsOf } from './node.js';

const test = suite('the files of an installation');

const settings = '/etc/blobcheck/blobcheck.conf';
const environment = '/etc/blobcheck/guard.env';
const dropIn = '/etc/systemd/system/vk-cocoon.service.d/zz-blobcheck.conf';
const all = [settings, environment, dropIn];

needs(nodeNeeds, test, 'everybody may read them, and root alone write, whatever the umask', () => {
  const node = installableNode();
  node.run(['install'], { before: 'umask 077' });
  for (const path of all) {
    assert.is(statSync(node.at(path)).mode & 0o777, 0o644, path);
    assert.ok(node.read(path).startsWith(`${mark}\n`));
  }
  for (const path of ['/etc/blobcheck', '/etc/systemd/system/vk-cocoon.service.d']) {
    assert.is(statSync(node.at(path)).mode & 0o777, 0o755, path);
  }
  assert.match(node.read(settings), `BLOBCHECK_COCOON=${node.cocoon}\n`);
});

needs(nodeNeeds, test, 'a second run changes nothing', () => {
  const node = installableNode();
  node.run(['install']);
  const before = all.map((path) => statSync(node.at(path), { bigint: true }).ctimeNs);
  const { status, report } = node.json(['install']);
  assert.is(status, 0);
  assert.equal(
    stepsOf(report, 'unchanged'),
    all.map((path) => `file ${path}: is as it must be`),
  );
  assert.equal(
    all.map((path) => statSync(node.at(path), { bigint: true }).ctimeNs),
    before,
  );
});

needs(nodeNeeds, test, 'a file of somebody else is neither overwritten nor removed, and nothing else is done', () => {
  for (const path of all) {
    const node = installableNode();
    node.write(path, 'BLOBCHECK_MODE=off\n');
    const before = node.listing();
    for (const command of ['install', 'uninstall']) {
      const { status, report } = node.json([command]);
      assert.is(status, 1);
      assert.match(stepsOf(report, 'refused')[0] ?? '', `file ${path}: is not ours to`);
      assert.is(node.read(path), 'BLOBCHECK_MODE=off\n');
      assert.equal(node.listing(), before);
    }
    assert.not.match(node.log(), 'daemon-reload');
  }
});

needs(nodeNeeds, test, 'a link, a directory, and a file that others can write are nobody’s word', () => {
  const spoil: Readonly<Record<string, (settingsFile: string, directory: string) => void>> = {
    'a symlink': (file) => {
      rmSync(file);
      symlinkSync('/etc/hostname', file);
    },
    'a directory': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    'others can write it': (file) => chmodSync(file, 0o666),
    'others can write': (_file, directory) => chmodSync(directory, 0o777),
  };
  for (const [what, how] of Object.entries(spoil)) {
    const node = installableNode();
    node.run(['install']);
    how(node.at(settings), node.at('/etc/blobcheck'));
    const { status, report } = node.json(['install']);
    assert.is(status, 1);
    const [refused = ''] = stepsOf(report, 'refused');
    assert.match(refused, `file ${settings}: is not ours to overwrite`);
    assert.match(refused, what);
  }
});

needs(nodeNeeds, test, 'what an interrupted run did not write is written by the next, and torn files are gone', () => {
  for (const missing of [all, all.slice(1), all.slice(2)]) {
    const node = installableNode();
    node.run(['install']);
    for (const path of missing) rmSync(node.at(path));
    node.write('/etc/blobcheck/.guard.env.blobcheck-new', 'VK_COC');
    node.write('/etc/systemd/system/vk-cocoon.service.d/.zz-blobcheck.conf.blobcheck-new', '');
    assert.is(node.run(['install']).status, 0);
    for (const path of all) assert.ok(node.read(path).startsWith(mark));
    assert.is(node.run(['uninstall']).status, 0);
    assert.not.ok(existsSync(node.at('/etc/blobcheck')));
    assert.equal(readdirSync(node.at('/etc/systemd/system')), []);
  }
});

needs(nodeNeeds, test, 'a run that was killed before systemd read the files is mended by the next', () => {
  const node = installableNode();
  node.write('kill-before-reload', '');
  assert.is(node.run(['install']).status, 137);
  assert.ok(existsSync(node.at(dropIn)));
  const { status, report } = node.json(['install']);
  assert.is(status, 0);
  assert.is(stepsOf(report, 'unchanged').length, 3);
  assert.ok(stepsOf(report, 'done').includes('systemd systemd: daemon-reload'));
});

needs(nodeNeeds, test, 'on a read-only /etc the first file is told, and nothing is sealed', () => {
  const node = installableNode();
  const { status, report } = node.json(['install'], { before: 'mount -o remount,bind,ro /etc' });
  assert.is(status, 1);
  assert.equal(stepsOf(report, 'refused'), [`file ${settings}: cannot be written: EROFS: read-only file system`]);
  assert.is(report.seal, null);
  assert.equal(node.listing(), []);
});

needs(nodeNeeds, test, 'on a full disk no torn file is left, and the next run goes on', () => {
  const node = installableNode();
  // Room for one file: a page is the least that tmpfs gives.
  const before = 'mkdir /etc/blobcheck && mount -t tmpfs -o size=4k,mode=755 none /etc/blobcheck';
  const look = 'mkdir "$place/left" && trap "cp -a /etc/blobcheck/. $place/left/" EXIT';
  const { status, report } = node.json(['install'], { before: `${before} && ${look}` });
  assert.is(status, 1);
  assert.equal(stepsOf(report, 'refused'), [`file ${environment}: cannot be written: ENOSPC: no space left on device`]);
  assert.equal(readdirSync(node.at('left')), ['blobcheck.conf']);
  assert.not.ok(existsSync(node.at(dropIn)));
  assert.is(node.json(['install']).status, 0);
});

needs(
  nodeNeeds,
  test,
  'settings that name what is not there, or the guard, are refused before anything is done',
  () => {
    const node = installableNode();
    node.run(['install']);
    const text = node.read(settings);
    for (const value of ['/nonexistent', node.guard]) {
      node.write(settings, text.replace(/BLOBCHECK_COCOON=.*/, `BLOBCHECK_COCOON=${value}`));
      const { status, report } = node.json(['install']);
      assert.is(status, 1);
      assert.match(stepsOf(report, 'refused')[0] ?? '', `program ${value}: `);
    }
    node.write(settings, text.replace(/BLOBCHECK_COCOON=.*\n/, ''));
    assert.is(node.json(['install']).status, 0);
    assert.match(node.read(settings), `BLOBCHECK_COCOON=${node.cocoon}\n`);
  },
);

needs(nodeNeeds, test, 'settings win over what is named now, and that is said', () => {
  const node = installableNode();
  node.run(['install', '--state-dir', '/var/lib/first']);
  const env = { BLOBCHECK_COCOON: '/usr/bin/env' };
  const { status, report } = node.json(['install', '--state-dir', '/var/lib/other'], { env });
  assert.is(status, 0);
  assert.equal(stepsOf(report, 'warning'), [
    `file ${settings}: BLOBCHECK_COCOON stays ${node.cocoon}, and not /usr/bin/env`,
    `file ${settings}: BLOBCHECK_STATE_DIR stays /var/lib/first, and not /var/lib/other`,
  ]);
  assert.not.ok(existsSync(node.at('/var/lib/other')));
  assert.match(node.read(settings), `BLOBCHECK_COCOON=${node.cocoon}\n`);
});

test.run();
