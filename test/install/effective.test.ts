import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeProcess, judgeUnit } from '../../lib/install/effective.js';
import { readUnitFacts } from '../../lib/install/show-output.js';
import { vkCocoon } from '../../lib/install/units.js';

const test = suite('what a unit will be started with');

const ours = '/etc/blobcheck/guard.env';
const guard = '/opt/blobcheck/bin/cocoon-guard';
const shipped = `MainPID=0
Environment=KUBECONFIG=/etc/cocoon/kubeconfig VK_COCOON_BIN=/elsewhere
EnvironmentFiles=/etc/cocoon/vk-cocoon.env (ignore_errors=yes)
EnvironmentFiles=${ours} (ignore_errors=no)
User=root
LoadState=loaded
ExecStart={ path=/usr/local/bin/vk-cocoon ; argv[]=/usr/local/bin/vk-cocoon ; ignore_errors=no }
`;

function judged(output: string, later: readonly { path: string; text: string | null }[] = []) {
  const facts = { unit: vkCocoon, shown: readUnitFacts(output), environmentFile: ours, guard, later };
  return judgeUnit(facts).map(({ outcome, message }) => [outcome, message]);
}

test('systemd’s answer is read, files in their order', () => {
  assert.equal(readUnitFacts(shipped), {
    loadState: 'loaded',
    user: 'root',
    mainPid: null,
    environmentFiles: [
      { path: '/etc/cocoon/vk-cocoon.env', optional: true },
      { path: ours, optional: false },
    ],
    unset: [],
    execStart: '{ path=/usr/local/bin/vk-cocoon ; argv[]=/usr/local/bin/vk-cocoon ; ignore_errors=no }',
  });
  assert.is(readUnitFacts('MainPID=12\nUser=vk\n').mainPid, 12);
  assert.is(readUnitFacts('User=\n').user, 'root');
  assert.equal(readUnitFacts('EnvironmentFile=/a (ignore_errors=yes)\n').environmentFiles, [
    { path: '/a', optional: true },
  ]);
});

test('our file as the last wins over Environment= and over the unit’s own file', () => {
  assert.equal(judged(shipped), [['done', `starts with VK_COCOON_BIN=${guard}`]]);
});

test('a unit that does not read our file is not gated', () => {
  const lines = shipped.split('\n').filter((line) => !line.includes(ours));
  assert.equal(judged(lines.join('\n')), [['refused', `does not read ${ours}: its drop-in is not applied`]]);
});

test('a later file that sets the variable again wins over ours', () => {
  for (const line of ['VK_COCOON_BIN=/x', '  VK_COCOON_BIN = /x', 'export VK_COCOON_BIN=/x', 'A=b\nVK_COCOON_BIN=']) {
    assert.equal(
      judged(shipped, [{ path: '/etc/late.env', text: line }]),
      [['refused', `/etc/late.env sets VK_COCOON_BIN again, after ${ours}`]],
      line,
    );
  }
});

test('a later file that sets other things changes nothing', () => {
  const text = '#VK_COCOON_BIN=/x\nMY_VK_COCOON_BIN=/x\nVK_COCOON_BIN_DIR=/x\nA=VK_COCOON_BIN=/x\n';
  assert.is(judged(shipped, [{ path: '/etc/late.env', text }])[0]?.[0], 'done');
});

test('a later file that cannot be read leaves it unknown', () => {
  assert.is(judged(shipped, [{ path: '/etc/late.env', text: null }])[0]?.[0], 'unverified');
});

test('UnsetEnvironment= takes the variable away, by name or by assignment', () => {
  for (const word of ['VK_COCOON_BIN', `VK_COCOON_BIN=${guard}`]) {
    assert.is(judged(`${shipped}UnsetEnvironment=A ${word}\n`)[0]?.[0], 'refused');
  }
  assert.is(judged(`${shipped}UnsetEnvironment=VK_COCOON\n`)[0]?.[0], 'done');
});

test('a command line that sets the variable itself wins over all files', () => {
  const output = shipped.replace('argv[]=', 'argv[]=/usr/bin/env VK_COCOON_BIN=/usr/local/bin/cocoon ');
  assert.equal(judged(output), [['refused', 'sets VK_COCOON_BIN in its own ExecStart=']]);
});

function process(environ: Readonly<Record<string, string>> | null) {
  const map = environ === null ? null : new Map(Object.entries(environ));
  return judgeProcess(vkCocoon, 7, map, guard, '/usr/local/bin/cocoon').map(({ outcome, remedy }) => [outcome, remedy]);
}

test('a process that runs with it is gated', () => {
  assert.equal(process({ VK_COCOON_BIN: guard }), [['done', null]]);
});

test('a process that was started before clones past the check until it is restarted', () => {
  const restart = ['refused', 'systemctl restart vk-cocoon.service'];
  assert.equal(process({}), [restart]);
  assert.equal(process({ VK_COCOON_BIN: '/usr/local/bin/cocoon' }), [restart]);
});

test('a process that ran another cocoon than the guard will run is said', () => {
  const said = process({ VK_COCOON_BIN: '/opt/patched/cocoon' });
  assert.equal(
    said.map(([outcome]) => outcome),
    ['refused', 'warning'],
  );
});

test('a process whose environment cannot be read leaves it unknown', () => {
  assert.is(process(null)[0]?.[0], 'unverified');
});

test.run();
