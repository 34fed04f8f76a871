/** The arguments that vk-cocoon builds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cloneArgs, runArgs } from '../support/vk-caller.js';

const test = suite('caller like vk-cocoon');

const size = { cpu: 2, memory: '4Gi', storage: '20Gi' };

test('a clone names its flags in the order of vk-cocoon, sizes in bytes and the snapshot last', () => {
  const options = { ...size, from: 'repo:v1', to: 'pod', network: 'lan', nics: 1, dns: ['1.1.1.1', '8.8.8.8'] };
  const words = '--cpu 2 --memory 4294967296 --storage 21474836480 --network lan --nics 1 --dns 1.1.1.1,8.8.8.8';
  assert.is(
    cloneArgs({ ...options, noDirectIo: true, pull: true, onDemand: true }).join(' '),
    `vm clone --output json --name pod ${words} --no-direct-io --pull --on-demand repo:v1`,
  );
});

test('a clone on Firecracker is given neither processors nor memory, and nothing on demand', () => {
  assert.is(
    cloneArgs({ ...size, from: 'repo:v1', to: 'pod', backend: 'firecracker', onDemand: true }).join(' '),
    'vm clone --output json --name pod --storage 21474836480 repo:v1',
  );
});

test('a run names the guest and the hypervisor', () => {
  assert.is(
    runArgs({ image: 'ghcr.io/x/y:1', name: 'pod', os: 'windows', backend: 'firecracker' }).join(' '),
    'vm run --output json --name pod --windows --fc ghcr.io/x/y:1',
  );
});

test.run();
