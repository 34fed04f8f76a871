import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boot, hex, places } from './vm-config-literals.js';

const test = suite('the payload of config.json');

test('allowed: firmware directly in the root, in any of its spellings', () => {
  const roots = ['/var/lib/cocoon', '/data/cocoon'];
  for (const root of roots)
    assert.equal(places({ payload: { firmware: `${root}/firmware/CLOUDHV.fd` } }, { roots }), []);
  assert.equal(places({ payload: { firmware: '' } }), []);
  assert.equal(places({ payload: null }), []);
});

const wrongFirmware = [
  '/etc/shadow',
  'CLOUDHV.fd',
  '/var/lib/cocoon/firmware',
  '/var/lib/cocoon/firmware/',
  '/var/lib/cocoon/firmware/a/b',
  '/var/lib/cocoon/firmware/..',
  '/var/lib/cocoon/firmware/.',
  '/var/lib/cocoon/firmware/../../../../etc/shadow',
  '/var/lib/cocoon/firmwareX/CLOUDHV.fd',
  '/var/lib/cocoon/firmware/x\0y',
  '/other/firmware/CLOUDHV.fd',
];
for (const firmware of wrongFirmware) {
  test(`denied: firmware ${JSON.stringify(firmware)}`, () => {
    assert.equal(places({ payload: { firmware } }), ['payload.firmware']);
  });
}

test('denied: firmware that is no text', () => {
  assert.equal(places({ payload: { firmware: ['/x'] } }), ['payload.firmware']);
});

test('allowed: boot files of the root and any text as command line', () => {
  const payload = { kernel: `${boot}/vmlinuz`, initramfs: `${boot}/initrd.img`, cmdline: 'root=/dev/vda init=/bin/sh' };
  assert.equal(places({ payload }), []);
  assert.equal(places({ payload: { kernel: null, initramfs: '', cmdline: null } }), []);
});

test('denied: an initial RAM disk that no kernel loads: nothing judges the file, and the hypervisor opens it', () => {
  const initramfs = `${boot}/initrd.img`;
  for (const kernel of [{}, { kernel: null }, { kernel: '' }]) {
    assert.equal(places({ payload: { firmware: '/var/lib/cocoon/firmware/CLOUDHV.fd', ...kernel, initramfs } }), [
      'payload.initramfs',
    ]);
  }
});

const wrongBoot = [
  '/boot/vmlinuz',
  `/var/lib/cocoon/oci/boot/vmlinuz`,
  `${boot}`,
  `${boot}/`,
  `${boot}/a/b`,
  `${boot}/..`,
];
for (const kernel of [...wrongBoot, boot.toUpperCase(), `/var/lib/cocoon/oci/boot/${hex}a/vmlinuz`]) {
  test(`denied: boot file ${JSON.stringify(kernel)}`, () => {
    assert.equal(places({ payload: { kernel } }), ['payload.kernel']);
    assert.equal(places({ payload: { initramfs: kernel } }), ['payload.initramfs']);
    assert.equal(places({ payload: { kernel: `${boot}/vmlinuz`, initramfs: kernel } }), ['payload.initramfs']);
  });
}

test('denied: other keys of the payload that name files, and a command line that is no text', () => {
  const payload = { igvm: '/x.igvm', fw_cfg_config: { items: { item_list: [{ name: 'n', file: '/etc/shadow' }] } } };
  assert.equal(places({ payload }), ['payload.igvm', 'payload.fw_cfg_config']);
  assert.equal(places({ payload: { cmdline: ['x'] } }), ['payload.cmdline']);
});

test('denied: a plain word in an unknown key of the payload, because it may be a file of the working directory', () => {
  assert.equal(places({ payload: { igvm: 'x.igvm', host_data: 'abc' } }), ['payload.igvm', 'payload.host_data']);
  assert.equal(places({ payload: { other: ['x'], more: { a: 'x' } } }), ['payload.other', 'payload.more']);
});

test('allowed: numbers, marks and empty values in unknown keys of the payload', () => {
  assert.equal(places({ payload: { level: 3, secure: true, plain: false, igvm: null, fw_cfg_config: {} } }), []);
});

test.run();
