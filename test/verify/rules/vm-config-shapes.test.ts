import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonValue } from '../../../lib/store/json-shape.js';
import { disk, hex, net, places, runDir, vmId } from './vm-config-literals.js';

const test = suite('values of config.json of another shape than cocoon writes');

const oneNic = { nics: 1 };

test('denied: a list in the place of an object, whatever is in it', () => {
  assert.equal(places({ balloon: [5] }), ['balloon']);
  assert.equal(places({ cpus: [true] }), ['cpus']);
  assert.equal(places({ disks: [disk(), [5]] }), ['disks[1]']);
});

test('denied: features of the processor that are no object of true and false', () => {
  for (const features of [5, [true], { amx: 1 }, 'amx'] as readonly JsonValue[]) {
    assert.equal(places({ cpus: { features } }), ['cpus.features'], JSON.stringify(features));
  }
  for (const features of [null, false, '', {}, { amx: true }] as readonly JsonValue[]) {
    assert.equal(places({ cpus: { features } }), [], JSON.stringify(features));
  }
});

test('denied: a text that fits, in a list', () => {
  assert.equal(places({ net: [net({ host_mac: ['aa:bb:cc:dd:ee:ff'] })] }, oneNic), ['net[0].host_mac']);
  assert.equal(places({ net: [net({ tap: ['tapDDFGWC5J-0'] })] }, oneNic), ['net[0].tap']);
});

test('denied: a text with more before or behind what fits', () => {
  for (const host_mac of ['xaa:bb:cc:dd:ee:ff', 'aa:bb:cc:dd:ee:ff/x']) {
    assert.equal(places({ net: [net({ host_mac })] }, oneNic), ['net[0].host_mac'], host_mac);
  }
  for (const vhost_mode of ['Server', 'client', 'ClientX']) {
    assert.equal(places({ net: [net({ vhost_mode })] }, oneNic), ['net[0].vhost_mode'], vhost_mode);
  }
});

test('denied: vhost-user, of a disk and of an interface', () => {
  assert.equal(places({ disks: [disk({ vhost_user: true })] }), ['disks[0].vhost_user']);
  assert.equal(places({ net: [net({ vhost_user: true })] }, oneNic), ['net[0].vhost_user']);
});

test('denied: queues that are bound to what is no list of entries', () => {
  for (const queue_affinity of [[5], [[]], ['x'], 5, [{ queue_index: 0, host_cpus: ['0'] }], [{ host_cpus: 0 }]]) {
    const found = places({ disks: [disk({ queue_affinity })] });
    assert.equal(found, ['disks[0].queue_affinity'], JSON.stringify(queue_affinity));
  }
});

test('denied: an interface that is no object', () => {
  for (const entry of [null, 'x', 5] as readonly JsonValue[]) {
    assert.ok(places({ net: [entry] }, oneNic).includes('net[0].id'), JSON.stringify(entry));
  }
});

test('denied: boot files that are no text, and a path as long as that of the boot directory', () => {
  const long = `/var/lib/cocoon/oci/toob/${hex}/vmlinuz`;
  for (const kernel of [5, [long], long] as readonly JsonValue[]) {
    assert.equal(places({ payload: { kernel } }), ['payload.kernel'], JSON.stringify(kernel));
  }
});

test('denied: a vsock where no disk says which VM it is, in whatever shape the disks are', () => {
  const vsock = { cid: 3, socket: `${runDir}/v.sock` };
  const unnamed: readonly JsonValue[] = [null, 'x', 5, {}, { path: 5 }, { path: [`${runDir}/overlay.qcow2`] }];
  for (const one of unnamed) {
    assert.ok(places({ disks: [one], vsock }).includes('vsock.socket'), JSON.stringify(one));
    assert.not(places({ disks: [one, disk()], vsock }).includes('vsock.socket'), JSON.stringify(one));
  }
  for (const disks of [null, false, {}] as readonly JsonValue[]) {
    assert.ok(places({ disks, vsock }).includes('vsock.socket'), JSON.stringify(disks));
  }
  assert.equal(places({ disks: [], vsock: { cid: 3, socket: 'undefined/x' } }), ['vsock.socket']);
});

for (const path of [
  `x${runDir}/overlay.qcow2`,
  `/${runDir}/overlay.qcow2`,
  `${runDir}/overlay.qcow2.bak`,
  `/x/../run/cloudhypervisor/${vmId}/overlay.qcow2`,
]) {
  test(`denied: a vsock beside an overlay at ${path}, which cocoon does not write`, () => {
    const beside = path.slice(0, path.lastIndexOf('/'));
    for (const socket of [`${beside}/v.sock`, `${runDir}/v.sock`]) {
      assert.equal(places({ disks: [disk({ path })], vsock: { cid: 3, socket } }), ['vsock.socket'], socket);
    }
  });
}

test('denied: sections that nobody knows, of which eight are listed and the rest is counted', () => {
  const sections = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`new${index}`, { path: '/x' }]));
  const found = places(sections);
  assert.is(found.length, 9);
  assert.is(found.at(-1), '2 more places that cocoon does not write');
});

test.run();
