import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { commandPlace } from '../../lib/verify/command-place.js';

const test = suite('how a remedy’s commands are told of the node');

const location = { root: '/var/lib/cocoon', metaBackend: null };
const state = '/var/lib/blobcheck';

test('not at all where their defaults lead there', () => {
  assert.equal(commandPlace(location, state), defaultPlace);
  assert.equal(commandPlace(location, null), defaultPlace);
});

test('cocoon of the configuration and of both directories, blobcheck of the state directory besides', () => {
  const cocoon = [
    ['--config', '/etc/cocoon.yaml'],
    ['--root-dir', '/srv/cocoon'],
    ['--run-dir', '/run/cocoon'],
  ];
  const elsewhere = { root: '/srv/cocoon', runDir: '/run/cocoon', metaBackend: null, configFile: '/etc/cocoon.yaml' };
  assert.equal(commandPlace(elsewhere, state), { cocoon, blobcheck: cocoon });
  assert.equal(commandPlace(elsewhere, '/srv/state'), {
    cocoon,
    blobcheck: [...cocoon, ['--state-dir', '/srv/state']],
  });
});

test('with absolute paths: whoever pastes it stands elsewhere', () => {
  assert.equal(commandPlace(location, 'state').blobcheck, [['--state-dir', `${process.cwd()}/state`]]);
});

test.run();
