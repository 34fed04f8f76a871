import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonValue } from '../../../lib/store/json-shape.js';
import { disk, places, runDir, vmId } from './vm-config-literals.js';

const test = suite('the vsock of config.json');

test("allowed: a vsock with its socket directly in the run directory of the snapshot's VM, on any host", () => {
  assert.equal(places({ vsock: { id: '_vsock4', cid: 3, socket: `${runDir}/vsock.sock` } }), []);
  const elsewhere = `/data/run/cloudhypervisor/${vmId}`;
  const disks = [disk({ path: `${elsewhere}/overlay.qcow2` })];
  assert.equal(places({ disks, vsock: { cid: 3, socket: `${elsewhere}/v.sock` } }), []);
  assert.equal(places({ vsock: null }), []);
});

test("denied: a vsock in another VM's run directory, or in one of the same id elsewhere", () => {
  const others = [
    `/var/lib/cocoon/run/cloudhypervisor/GBSBZUCC7BAGLMFWRYA6AEI7YA/v.sock`,
    `/data/run/cloudhypervisor/${vmId}/v.sock`,
    `${runDir}X/v.sock`,
    `${runDir}/../${vmId}/v.sock`,
    `${runDir}//v.sock`,
  ];
  for (const socket of others) assert.equal(places({ vsock: { cid: 3, socket } }), ['vsock.socket'], socket);
});

test("denied: a vsock on one of the VM's own sockets or files; a name that only begins so is free", () => {
  for (const name of ['api.sock', 'console.sock', 'ch.pid']) {
    assert.equal(places({ vsock: { cid: 3, socket: `${runDir}/${name}` } }), ['vsock.socket'], name);
    assert.equal(places({ vsock: { cid: 3, socket: `${runDir}/${name}2` } }), [], name);
  }
});

test('denied: any vsock where the overlay is in no run directory', () => {
  for (const path of ['/overlay.qcow2', `/x/../run/cloudhypervisor/${vmId}/overlay.qcow2`, `${runDir}/cidata.img`]) {
    const disks = [disk({ path })];
    assert.equal(places({ disks, vsock: { cid: 3, socket: `${runDir}/v.sock` } }), ['vsock.socket'], path);
  }
  assert.equal(places({ disks: [], vsock: { cid: 3, socket: '/v.sock' } }), ['vsock.socket']);
});

const wrongSockets: readonly JsonValue[] = [
  '/run/docker.sock',
  'vsock.sock',
  `${runDir}/a/b`,
  `${runDir}/`,
  `${runDir}/..`,
  `/x/../run/cloudhypervisor/${vmId}/v.sock`,
  `run/cloudhypervisor/${vmId}/v.sock`,
  '/run/cloudhypervisor/short/v.sock',
  `/run/cloudhypervisor/${vmId.toLowerCase()}/v.sock`,
  `/run/firecracker/${vmId}/v.sock`,
  `${runDir}/v\0.sock`,
  null,
  7,
];
for (const socket of wrongSockets) {
  test(`denied: a vsock on ${JSON.stringify(socket)}`, () => {
    assert.equal(places({ vsock: { cid: 3, socket } }), ['vsock.socket']);
  });
}

test('denied: a vsock without a socket, that is no object, or that names more', () => {
  assert.equal(places({ vsock: { cid: 3 } }), ['vsock.socket']);
  assert.equal(places({ vsock: '/x' }), ['vsock']);
  assert.equal(places({ vsock: { socket: `${runDir}/v.sock`, path: '/x' } }), ['vsock.path']);
});

test.run();
