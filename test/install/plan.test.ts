import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExistingFile } from '../../lib/install/existing-file.js';
import { mark } from '../../lib/install/mark.js';
import { placesIn } from '../../lib/install/places.js';
import { type PlanFacts, planInstall } from '../../lib/install/plan.js';

const test = suite('the plan of an installation');

const places = placesIn('/etc');
const facts: PlanFacts = {
  places,
  existing: new Map(),
  guard: '/usr/local/lib/node_modules/blobcheck/bin/cocoon-guard',
  cocoon: { path: '/usr/local/bin/cocoon' },
  node: '/usr/bin/node',
  stateDir: null,
  units: ['vk-cocoon.service', 'epoch.service'],
};

const actions = (plan: ReturnType<typeof planInstall>) => plan.files.map(({ path, action }) => [path, action]);

test('a drop-in is written after the file that it names, which a service cannot start without', () => {
  const plan = planInstall(facts);
  assert.equal(actions(plan), [
    ['/etc/blobcheck/blobcheck.conf', 'create'],
    ['/etc/blobcheck/guard.env', 'create'],
    ['/etc/systemd/system/vk-cocoon.service.d/zz-blobcheck.conf', 'create'],
    ['/etc/systemd/system/epoch.service.d/zz-blobcheck.conf', 'create'],
  ]);
  assert.equal(plan.refusals, []);
  assert.is(plan.files[1]?.text, `${mark}\nVK_COCOON_BIN=${facts.guard}\nEPOCH_COCOON_BINARY=${facts.guard}\n`);
  assert.match(plan.files[2]?.text ?? '', /\n\[Service\]\nEnvironmentFile=\/etc\/blobcheck\/guard\.env\n$/);
});

/** Everything as a first run leaves it. */
function installed(change: Readonly<Record<string, ExistingFile>> = {}): PlanFacts {
  const first = planInstall(facts).files.map(({ path, text }) => [path, { kind: 'ours', text }] as const);
  return { ...facts, existing: new Map<string, ExistingFile>([...first, ...Object.entries(change)]) };
}

test('what is there already stays', () => {
  assert.ok(planInstall(installed()).files.every(({ action }) => action === 'unchanged'));
});

test('what an interrupted run did not come to is written by the next', () => {
  const plan = planInstall(installed({ [places.dropIn('epoch.service')]: { kind: 'absent' } }));
  assert.equal(
    plan.files.map(({ action }) => action),
    ['unchanged', 'unchanged', 'unchanged', 'create'],
  );
});

test('our file that leads to another guard is written anew', () => {
  const text = `${mark}\nVK_COCOON_BIN=/old/cocoon-guard\n`;
  const plan = planInstall(installed({ [places.environment]: { kind: 'ours', text } }));
  assert.is(plan.files[1]?.action, 'replace');
});

test('settings that the operator edited stay, and count', () => {
  const text = `${mark}\nBLOBCHECK_MODE=warn\nBLOBCHECK_COCOON=/opt/cocoon\nBLOBCHECK_NODE=/opt/node\n`;
  const plan = planInstall(installed({ [places.settings]: { kind: 'ours', text } }));
  assert.is(plan.files[0]?.action, 'unchanged');
  assert.is(plan.settings.get('BLOBCHECK_MODE'), 'warn');
  assert.is(plan.settings.get('BLOBCHECK_COCOON'), '/opt/cocoon');
});

test('a file of somebody else is refused by its name', () => {
  for (const path of [places.settings, places.environment, places.dropIn('vk-cocoon.service')]) {
    const plan = planInstall(installed({ [path]: { kind: 'foreign', reason: 'not ours' } }));
    assert.equal(
      plan.refusals.map(({ subject }) => subject),
      [path],
    );
    assert.match(plan.refusals[0]?.message ?? '', /not ours$/);
  }
});

test('without a cocoon nothing is planned, unless the settings name one', () => {
  const cocoon = { problem: 'there is no cocoon in PATH' };
  assert.is(planInstall({ ...facts, cocoon }).refusals[0]?.message, 'there is no cocoon in PATH');
  assert.equal(planInstall({ ...installed(), cocoon }).refusals, []);
});

test('a path that systemd, a shell and sudoers read differently is refused', () => {
  for (const guard of [
    '/opt/a b/cocoon-guard',
    '/opt/a"b/cocoon-guard',
    '/opt/$a/cocoon-guard',
    '/opt/a\\b',
    'guard',
  ]) {
    assert.equal(
      planInstall({ ...facts, guard }).refusals.map(({ subject }) => subject),
      [guard],
      guard,
    );
  }
});

test('a line break in a value makes no second setting', () => {
  const stateDir = '/srv\nBLOBCHECK_MODE=off';
  assert.is(planInstall({ ...facts, stateDir }).refusals[0]?.subject, stateDir);
  assert.is(planInstall({ ...facts, stateDir: '/srv/a ' }).refusals.length, 1);
  assert.equal(planInstall({ ...facts, stateDir: '/srv/a b' }).refusals, []);
});

test.run();
