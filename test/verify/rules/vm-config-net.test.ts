import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../../lib/store/json-shape.js';
import { disk, net, places, runDir, vmId } from './vm-config-literals.js';

const test = suite('the interfaces of config.json');

test('allowed: as many interfaces as the record says, each with an id of its own', () => {
  assert.equal(places({ net: [net()] }, { nics: 1 }), []);
  assert.equal(places({ net: [net(), net({ id: '_net2', tap: 'tapDDFGWC5J-1' })] }, { nics: 2 }), []);
  assert.equal(places({ net: null }), []);
  assert.equal(places({ net: [] }), []);
});

test('allowed: an interface whose keys for the host are empty', () => {
  assert.equal(
    places({ net: [net({ ip: null, mask: null, fds: null, vhost_socket: null, mtu: 1500 })] }, { nics: 1 }),
    [],
  );
});

test('allowed: the MAC of the tap, which Cloud Hypervisor up to 53 writes into every interface', () => {
  // net_util/src/open_tap.rs of v51.0 to v53.0 stores the tap's address in the configuration that it snapshots.
  assert.equal(places({ net: [net({ host_mac: 'ea:12:34:56:78:9a' })] }, { nics: 1 }), []);
});

const wrongNets: readonly (readonly [string, JsonObject])[] = [
  ['ip', { ip: '192.168.249.1' }],
  ['mask', { mask: '255.255.255.0' }],
  ['vhost_user', { vhost_user: true }],
  ['vhost_socket', { vhost_socket: '/x.sock' }],
  ['vhost_mode', { vhost_mode: 'Server' }],
  ['fds', { fds: [3] }],
  ['tap', { tap: 7 }],
  ['host_mac', { host_mac: '/x' }],
  ['host_mac', { host_mac: 'ea:12:34:56:78' }],
  ['host_mac', { host_mac: 'ea:12:34:56:78:9a:bc' }],
  ['host_mac', { host_mac: 'ea-12-34-56-78-9a' }],
  ['host_mac', { host_mac: 'ga:12:34:56:78:9a' }],
  ['host_mac', { host_mac: 'ea:12:34:56:78:9a\n' }],
  ['host_mac', { host_mac: 7 }],
  ['rate_limiter_config', { rate_limiter_config: { bandwidth: 1 } }],
];
for (const [key, changes] of wrongNets) {
  test(`denied: an interface with ${JSON.stringify(changes)}`, () => {
    assert.equal(places({ net: [net(changes)] }, { nics: 1 }), [`net[0].${key}`]);
  });
}

test('denied: another number of interfaces than the record has', () => {
  assert.equal(places({ net: [net()] }), ['net']);
  assert.equal(places({ net: [] }, { nics: 1 }), ['net']);
  assert.equal(places({ net: null }, { nics: 1 }), ['net']);
});

test('denied: no section of interfaces although the record has some', () => {
  assert.equal(places({}, { nics: 1 }), ['net']);
});

test('denied: an interface that cocoon could not remove by its id', () => {
  assert.equal(places({ net: [net({ id: '' })] }, { nics: 1 }), ['net[0].id']);
  assert.equal(places({ net: [net({ id: null })] }, { nics: 1 }), ['net[0].id']);
  const { id: _, ...nameless } = net();
  assert.equal(places({ net: [nameless] }, { nics: 1 }), ['net[0].id']);
  assert.equal(places({ net: [net(), net()] }, { nics: 2 }), ['net[0].id', 'net[1].id']);
});

test('denied: an interface whose id is that of another device, which cocoon would remove in its place', () => {
  assert.equal(places({ net: [net({ id: '_disk0' })] }, { nics: 1 }), ['net[0].id']);
  assert.equal(places({ net: [net({ id: 'r' })], rng: { src: '/dev/urandom', id: 'r' } }, { nics: 1 }), ['net[0].id']);
  assert.equal(places({ net: [net()], disks: [disk(), disk({ id: '_net1' })] }, { nics: 1 }), ['net[0].id']);
  assert.equal(places({ net: [net()], disks: [disk(), disk({ id: '_disk1' })] }, { nics: 1 }), []);
});

test('allowed: the tap that cocoon made for the VM of the snapshot, whatever letters it begins with', () => {
  for (const tap of ['tapDDFGWC5J-0', 'btDDFGWC5J-0', 'fc0DDFGWC5J-12', 'tapDDFGWC5J-999']) {
    assert.equal(places({ net: [net({ tap })] }, { nics: 1 }), [], tap);
  }
  assert.equal(places({ net: [net({ tap: null })] }, { nics: 1 }), []);
});

const otherTaps = [
  'tapGBSBZUCC-0',
  'tapDDFGWC5K-0',
  'tapddfgwc5j-0',
  'DDFGWC5J-0',
  'tDDFGWC5J-0',
  'taptDDFGWC5J-0',
  'tapDDFGWC5J-',
  'tapDDFGWC5J-1000',
  'tapDDFGWC5J-x',
  'tapDDFGWC5J-0 ',
  'tapDDFGWC5J-0\n',
  'x\ntapDDFGWC5J-0',
  '-_DDFGWC5J-0',
  'vmtap0',
  'eth0',
  '',
];
for (const tap of otherTaps) {
  test(`denied: the tap ${JSON.stringify(tap)}, which is none of the VM of the snapshot`, () => {
    assert.equal(places({ net: [net({ tap })] }, { nics: 1 }), ['net[0].tap']);
  });
}

test('the VM of the snapshot is that of the run directory of its overlay, on whatever host', () => {
  const other = 'GBSBZUCC7BAGLMFWRYA6AEI7YA';
  const path = `/srv/other/run/cloudhypervisor/${other}/overlay.qcow2`;
  const disks = [disk({ id: '_disk1', path: `${runDir}/cidata.img` }), disk({ path })];
  assert.equal(places({ disks, net: [net({ tap: 'tapGBSBZUCC-0' })] }, { nics: 1 }), []);
  assert.equal(places({ disks, net: [net()] }, { nics: 1 }), ['net[0].tap']);
});

test('an overlay that is in no run directory names no VM: then no tap is its own', () => {
  const placesOf = (path: string, tap: string) => places({ disks: [disk({ path })], net: [net({ tap })] }, { nics: 1 });
  for (const path of [`/x/../run/cloudhypervisor/${vmId}/overlay.qcow2`, '/overlay.qcow2', 'overlay.qcow2']) {
    assert.equal(placesOf(path, 'tapGBSBZUCC-0'), ['net[0].tap'], path);
    assert.equal(placesOf(path, 'eth0'), ['net[0].tap'], path);
  }
});

test('denied: interfaces that are no list, or no objects', () => {
  assert.equal(places({ net: { id: 'x' } }), ['net']);
  assert.equal(places({ net: ['/x'] }, { nics: 1 }), ['net[0]', 'net[0].id']);
});

test.run();
