import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { installableNode, nodeNeeds, stepsOf, vkUnit } from './node.js';

const test = suite('what install finds out of a node');

needs(nodeNeeds, test, 'a service that does not run is gated from its next start', () => {
  const node = installableNode();
  const { status, report } = node.json(['install']);
  assert.is(status, 0, JSON.stringify(report.steps));
  const done = stepsOf(report, 'done');
  assert.ok(done.includes(`unit vk-cocoon.service: starts with VK_COCOON_BIN=${node.guard}`));
  assert.ok(done.includes('process vk-cocoon.service: does not run now'));
});

needs(nodeNeeds, test, 'a service that runs without it has to be restarted, and is gated then', () => {
  const node = installableNode();
  const first = node.json(['install'], { running: ['A=b'] });
  assert.is(first.status, 1);
  const [restart] = first.report.steps.filter(({ outcome }) => outcome === 'refused');
  assert.match(restart?.message ?? '', /^process \d+ has no VK_COCOON_BIN: it clones past the check until/);
  assert.is(restart?.remedy, 'systemctl restart vk-cocoon.service');
  const second = node.json(['install'], { running: [`VK_COCOON_BIN=${node.guard}`] });
  assert.is(second.status, 0);
});

needs(
  nodeNeeds,
  test,
  'a drop-in of the operator that comes after ours and sets the variable is told by its file',
  () => {
    const node = installableNode();
    node.write('/etc/systemd/system/vk-cocoon.service.d/zzz.conf', '[Service]\nEnvironmentFile=/etc/cocoon/late.env\n');
    node.write('/etc/cocoon/late.env', 'VK_COCOON_BIN=/usr/local/bin/cocoon\n');
    const { status, report } = node.json(['install']);
    assert.is(status, 1);
    assert.equal(stepsOf(report, 'refused'), [
      'unit vk-cocoon.service: /etc/cocoon/late.env sets VK_COCOON_BIN again, after /etc/blobcheck/guard.env',
    ]);
    node.write('/etc/cocoon/late.env', 'VK_LOG_LEVEL=debug\n');
    assert.is(node.json(['install']).status, 0);
  },
);

needs(nodeNeeds, test, 'the unit’s own file may name another cocoon: it is read before ours', () => {
  const node = installableNode();
  node.write('/etc/cocoon/vk-cocoon.env', 'VK_COCOON_BIN=/usr/local/bin/cocoon\n');
  assert.is(node.json(['install']).status, 0);
});

needs(nodeNeeds, test, 'a drop-in that systemd did not read again gates nobody', () => {
  const node = installableNode();
  node.write('reload-fails', '');
  const { status, report } = node.json(['install']);
  assert.is(status, 1);
  assert.equal(stepsOf(report, 'unverified'), [
    'systemd systemd: systemctl daemon-reload ended with 1: Failed to reload daemon: Access denied',
  ]);
  assert.equal(stepsOf(report, 'refused'), [
    'unit vk-cocoon.service: does not read /etc/blobcheck/guard.env: its drop-in is not applied',
  ]);
});

needs(nodeNeeds, test, 'where systemd does not answer nothing is known of any unit', () => {
  const node = installableNode();
  node.write('show-fails', '');
  const { status, report } = node.json(['install']);
  assert.is(status, 3);
  assert.equal(stepsOf(report, 'refused'), []);
  assert.ok(
    stepsOf(report, 'unverified').includes(
      'unit vk-cocoon.service: systemctl show ended with 1: Failed to connect to bus',
    ),
  );
});

needs(nodeNeeds, test, 'every unit that is there gets a drop-in, and no other', () => {
  const node = installableNode({ units: { 'epoch.service': 'User=root\n' } });
  const { status, report } = node.json(['install']);
  assert.is(status, 0);
  assert.ok(stepsOf(report, 'done').includes(`unit epoch.service: starts with EPOCH_COCOON_BINARY=${node.guard}`));
  assert.equal(
    node.listing().filter((path) => path.endsWith('zz-blobcheck.conf')),
    ['/etc/systemd/system/epoch.service.d/zz-blobcheck.conf'],
  );
});

needs(
  nodeNeeds,
  test,
  'a node without systemd, or without a unit that is known, gets files for shells and is not called gated',
  () => {
    for (const spec of [{ systemd: false }, { units: {} }]) {
      const node = installableNode(spec);
      const { status, report } = node.json(['install']);
      assert.is(status, 3);
      const [unknown] = report.steps.filter(({ outcome }) => outcome === 'unverified');
      assert.is(unknown?.remedy, 'for a shell: set -a; . /etc/blobcheck/guard.env; set +a');
      assert.match(node.read('/etc/blobcheck/guard.env'), `VK_COCOON_BIN=${node.guard}\n`);
      assert.not.ok(node.listing().includes('/etc/systemd'));
    }
  },
);

needs(nodeNeeds, test, '--vk-cocoon refuses where there is none, and changes nothing', () => {
  for (const spec of [{ systemd: false }, { units: { 'epoch.service': 'User=root\n' } }]) {
    const node = installableNode(spec);
    const { status, report } = node.json(['install', '--vk-cocoon']);
    assert.is(status, 1);
    assert.match(stepsOf(report, 'refused')[0] ?? '', /^unit vk-cocoon\.service: .*--vk-cocoon asks for it$/);
    assert.equal(node.listing(), []);
  }
});

const asVk = { units: { 'vk-cocoon.service': vkUnit.replace('User=root', 'User=vk') } };

needs(nodeNeeds, test, 'a service that is not root’s needs a rule of sudo, which is said word for word', () => {
  const node = installableNode(asVk);
  const line = `vk ALL=(root) NOPASSWD: ${node.guard}`;
  node.write('sudoers', '    (root) NOPASSWD: /usr/local/bin/cocoon\n');
  const without = node.json(['install']);
  assert.is(without.status, 1);
  const [refused] = without.report.steps.filter(({ outcome }) => outcome === 'refused');
  assert.is(refused?.subject, 'vk');
  assert.ok(refused?.remedy?.endsWith(line), refused?.remedy ?? '');
  node.write('sudoers', `    (root) ${node.guard}\n`);
  assert.match(stepsOf(node.json(['install']).report, 'refused')[0] ?? '', /only with a password$/);
  node.write('sudoers', `    (root) NOPASSWD: /usr/local/bin/cocoon, ${node.guard}\n`);
  assert.is(node.json(['install']).status, 0);
});

needs(nodeNeeds, test, 'every program is asked with a vector of words and an environment without ours', () => {
  const node = installableNode(asVk);
  node.write('sudoers', '    (ALL) NOPASSWD: ALL\n');
  node.run(['install'], { env: { SECRET: 'x', HOME: '/' } });
  assert.match(node.log(), `sudo -n -l -U vk -- ${node.guard} vm clone\nsudo -n -l -U vk\n`);
  assert.not.match(node.log(), /SECRET|HOME/);
});

test.run();
