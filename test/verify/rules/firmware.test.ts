import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeFirmware } from '../../../lib/verify/rules/firmware.js';
import { isFirmware } from '../../../lib/verify/rules/vm-config.js';

const test = suite('firmware');

const path = '/var/lib/cocoon/firmware/CLOUDHV.fd';

test('firmware that is there needs nothing', () => {
  assert.equal(judgeFirmware(null), []);
});

test('firmware that is not there is denied, and named', () => {
  const [found, ...others] = judgeFirmware(path);
  assert.is(found?.code, 'boot-file-missing');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.is(found?.expectedFrom, 'config.json');
  assert.is(found?.actual, 'missing');
  assert.equal(others, []);
});

test('only a file directly in the firmware directory of a spelling of the root is looked for', () => {
  const roots = ['/var/lib/cocoon', '/data/cocoon'];
  assert.ok(isFirmware(path, roots));
  assert.ok(isFirmware('/data/cocoon/firmware/CLOUDHV.fd', roots));
  const others = [
    '',
    '/etc/shadow',
    '/var/lib/cocoon/firmware/',
    '/var/lib/cocoon/firmware/..',
    '/var/lib/cocoon/firmware/a/b',
    '/srv/cocoon/firmware/CLOUDHV.fd',
  ];
  for (const other of others) assert.not.ok(isFirmware(other, roots), other);
});

test.run();
