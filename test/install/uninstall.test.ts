import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { installableNode, nodeNeeds, stepsOf } from './node.js';

const test = suite('uninstall');

const state = '/var/lib/blobcheck';

needs([...nodeNeeds, 'receipts'], test, 'all that install wrote is gone, and nothing but the seals is left', () => {
  const node = installableNode();
  node.write('/etc/systemd/system/vk-cocoon.service.d/operator.conf', '[Service]\nNice=5\n');
  const before = node.listing();
  assert.is(node.run(['install']).status, 0);
  const seals = node.listing().filter((path) => path.startsWith(`${state}/seals`));
  assert.is(seals.length, 3);
  for (const path of ['stamps/1', 'locks/1.seals']) node.write(`${state}/${path}`, '');
  const { status, report } = node.json(['uninstall']);
  assert.is(status, 0);
  assert.equal(node.listing(), [...before, ...seals].sort());
  assert.equal(stepsOf(report, 'done'), [
    'file /etc/systemd/system/vk-cocoon.service.d/zz-blobcheck.conf: removed',
    'systemd systemd: daemon-reload',
    'file /etc/blobcheck/guard.env: removed',
    'file /etc/blobcheck/blobcheck.conf: removed',
    `state ${state}/receipts: removed`,
    `state ${state}/stamps: removed`,
    `state ${state}/locks: removed`,
  ]);
});

needs(nodeNeeds, test, 'a second run finds nothing to remove', () => {
  const node = installableNode();
  node.run(['install']);
  node.run(['uninstall']);
  const before = node.listing();
  const { status, report } = node.json(['uninstall']);
  assert.is(status, 0);
  assert.equal(stepsOf(report, 'done'), []);
  assert.equal(stepsOf(report, 'unchanged'), [
    'file /etc/blobcheck: nothing was installed',
    `state ${state}/seals: stays: seals are decisions`,
  ]);
  assert.equal(node.listing(), before);
});

needs(nodeNeeds, test, 'a service that still runs the guard has to be restarted', () => {
  const node = installableNode();
  node.run(['install']);
  const { status, report } = node.json(['uninstall'], { running: [`VK_COCOON_BIN=${node.guard}`] });
  assert.is(status, 0);
  const [warning] = report.steps.filter(({ outcome }) => outcome === 'warning');
  assert.match(warning?.message ?? '', /^process \d+ still runs the guard, until it is restarted$/);
  assert.is(warning?.remedy, 'systemctl restart vk-cocoon.service');
});

needs(nodeNeeds, test, 'where systemd keeps the drop-in, the file that it names stays until the next run', () => {
  const node = installableNode();
  node.run(['install']);
  node.write('reload-fails', '');
  const { status, report } = node.json(['uninstall']);
  assert.is(status, 3);
  assert.match(stepsOf(report, 'unverified')[0] ?? '', /Access denied; \/etc\/blobcheck\/guard\.env stays/);
  assert.ok(existsSync(node.at('/etc/blobcheck/guard.env')));
  assert.is(node.run(['uninstall'], { before: 'rm "$place/reload-fails"' }).status, 0);
  assert.not.ok(existsSync(node.at('/etc/blobcheck')));
});

needs([...nodeNeeds, 'receipts'], test, 'the state directory that the settings name is the one that is cleared', () => {
  const node = installableNode();
  const own = '/var/lib/elsewhere';
  assert.is(node.run(['install', '--state-dir', own]).status, 0);
  assert.match(node.read('/etc/blobcheck/blobcheck.conf'), `BLOBCHECK_STATE_DIR=${own}\n`);
  assert.ok(readdirSync(node.at(own)).includes('receipts'));
  assert.is(node.run(['uninstall']).status, 0);
  assert.equal(readdirSync(node.at(own)), ['seals']);
});

needs(nodeNeeds, test, 'what is not ours in the state directory stays and is told', () => {
  const node = installableNode();
  node.run(['install']);
  node.write(`${state}/notes`, 'mine');
  const { status, report } = node.json(['uninstall']);
  assert.is(status, 0);
  assert.equal(stepsOf(report, 'warning'), [`state ${state}/notes: is not known, and stays`]);
  assert.is(node.read(`${state}/notes`), 'mine');
});

needs(nodeNeeds, test, 'a state directory that others can write stays as it is, and a dry run says so, too', () => {
  const node = installableNode();
  node.run(['install']);
  chmodSync(node.at(state), 0o777);
  const before = readdirSync(node.at(state));
  const refused = [`state ${state}: ${state}: others can write it (mode 0777)`];
  for (const words of [['uninstall', '--dry-run'], ['uninstall']]) {
    const { status, report } = node.json(words);
    assert.is(status, 1);
    assert.equal(stepsOf(report, 'refused'), refused);
  }
  assert.equal(readdirSync(node.at(state)), before);
});

needs(nodeNeeds, test, 'on a read-only /etc the first file that stays is told', () => {
  const node = installableNode();
  node.run(['install']);
  const before = node.listing();
  const { status, report } = node.json(['uninstall'], { before: 'mount -o remount,bind,ro /etc' });
  assert.is(status, 1);
  assert.match(stepsOf(report, 'refused')[0] ?? '', /zz-blobcheck\.conf: cannot be removed: EROFS/);
  assert.equal(node.listing(), before);
});

test.run();
