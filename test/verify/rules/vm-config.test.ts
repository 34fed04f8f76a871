import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject, JsonValue } from '../../../lib/store/json-shape.js';
import { judgeVmConfig } from '../../../lib/verify/rules/vm-config.js';
import { disk, judge, places, vmConfig } from './vm-config-literals.js';

const test = suite('vm-config');

const tooMuch: readonly (readonly [string, JsonObject, readonly string[]])[] = [
  ['an entropy source that is a file of the host', { rng: { src: '/var/lib/other/disk.raw' } }, ['rng.src']],
  ['an entropy source that is a relative path', { rng: { src: 'dev/urandom' } }, ['rng.src']],
  [
    'a debug console that writes a file',
    { debug_console: { mode: 'File', file: '/etc/cron.d/x' } },
    ['debug_console.mode', 'debug_console.file'],
  ],
  [
    'a debug console with a file that its mode does not use',
    { debug_console: { mode: 'Off', file: '/x' } },
    ['debug_console.file'],
  ],
  ['a debug console on a socket', { debug_console: { mode: 'Off', socket: '/x' } }, ['debug_console.socket']],
  ['a debug console on a terminal', { debug_console: { mode: 'Tty' } }, ['debug_console.mode']],
  [
    'memory zones with a file',
    { memory: { size: 0, zones: [{ id: 'm', size: 1, file: '/dev/mem' }] } },
    ['memory.zones'],
  ],
  ['a path in a key of memory that nobody knows', { memory: { size: 1, file: '/dev/mem' } }, ['memory.file']],
  ['cpu features that are more than marks', { cpus: { features: { path: '/x' } } }, ['cpus.features']],
  ['pinned processors', { cpus: { affinity: [{ vcpu: 0, host_cpus: [0] }] } }, ['cpus.affinity']],
  [
    'a disk served by a vhost-user socket',
    { disks: [disk({ vhost_user: true, vhost_socket: '/x.sock' })] },
    ['disks[0].vhost_user', 'disks[0].vhost_socket'],
  ],
  ['a path in another key of the second disk', { disks: [disk(), disk({ serial: '/x' })] }, ['disks[1].serial']],
  [
    'a rate limiter, which cocoon never writes',
    { disks: [disk({ rate_limiter_config: { a: 1 } })] },
    ['disks[0].rate_limiter_config'],
  ],
  ['disks that are no list', { disks: { 0: 'x' } }, ['disks']],
  ['a disk that is no object', { disks: ['/etc/shadow'] }, ['disks[0]']],
  ['a balloon with a path', { balloon: { size: 1, id: 'a/b' } }, ['balloon.id']],
  ['a section that is a word instead of an object', { balloon: 'yes' }, ['balloon']],
  [
    'a mark that holds a path',
    { pvpanic: '/x', iommu: ['/x'], watchdog: { a: 1 }, landlock_enable: '/x' },
    ['pvpanic', 'iommu', 'watchdog', 'landlock_enable'],
  ],
];

for (const [what, changes, expected] of tooMuch) {
  test(`denied: ${what}`, () => {
    assert.equal(places(changes), expected);
  });
}

const hostSections = ['pmem', 'fs', 'devices', 'user_devices', 'vdpa', 'generic_vhost_user', 'landlock_rules'];
for (const section of [
  ...hostSections,
  'tpm',
  'platform',
  'numa',
  'ivshmem',
  'gdb',
  'rtc',
  'pci_segments',
  '__proto__',
]) {
  test(`denied: the section ${section}, which cocoon never writes`, () => {
    const changes = Object.fromEntries([[section, [{ file: '/x' }] as JsonValue]]);
    const [found, ...others] = judge(changes);
    assert.is(found?.code, 'vm-config-host-access');
    assert.match(found?.message ?? '', section);
    assert.is(found?.actual, '[{"file":"/x"}]');
    assert.equal(others, []);
  });

  test(`allowed: the section ${section} when it is empty`, () => {
    for (const empty of [null, false, '', [], {}] as JsonValue[]) {
      assert.equal(places(Object.fromEntries([[section, empty]])), []);
    }
  });
}

test('denied: an unknown section even if it is only true or a number', () => {
  assert.equal(places({ gdb: true, pci: 0 }), ['gdb', 'pci']);
});

test('an operator allows a section by name, and no other', () => {
  const changes = { platform: { uuid: 'x' }, tpm: { socket: '/x' } };
  const codes = (allowedSections: string[]) => judge(changes, { allowedSections }).map(({ code }) => code);
  assert.equal(codes(['platform']), ['vm-config-host-access', 'vm-section-allowed']);
  assert.equal(places(changes, { allowedSections: ['Platform'] }), ['platform', 'tpm']);
});

test('what is allowed by name is told, and only where cocoon would not have written it', () => {
  const [found, ...others] = judge({ platform: { uuid: 'x' } }, { allowedSections: ['platform', 'tpm', 'rng'] });
  assert.is(found?.code, 'vm-section-allowed');
  assert.is(found?.severity, 'info');
  assert.match(found?.message ?? '', 'platform');
  assert.equal(others, []);
  assert.equal(judge({ platform: null }, { allowedSections: ['platform'] }), []);
});

test('allowed: what cocoon and Cloud Hypervisor 53 write for a cloud image', () => {
  assert.equal(judge({}), []);
});

test('allowed: a Windows machine without balloon and with kvm_hyperv', () => {
  const { balloon: _, ...rest } = vmConfig();
  const cpus = { boot_vcpus: 2, max_vcpus: 8, kvm_hyperv: true, max_phys_bits: 46, features: { amx: false } };
  const facts = { path: '/c', roots: ['/var/lib/cocoon'], nics: 0, allowedSections: [] };
  assert.equal(judgeVmConfig({ config: { ...rest, cpus }, ...facts }), []);
});

test('allowed: hugepages, and numbers, marks and words that a newer hypervisor adds to a known section', () => {
  const memory = { size: 1, hugepages: true, hugepage_size: 2097152, zones: null, colour: 'Red' };
  assert.equal(places({ memory, rng: { src: '/dev/urandom', iommu: true, quality: 7 } }), []);
});

test('allowed: an absent rng, because the hypervisor takes /dev/urandom then', () => {
  const { rng: _, ...rest } = vmConfig();
  const facts = { path: '/c', roots: ['/var/lib/cocoon'], nics: 0, allowedSections: [] };
  assert.equal(judgeVmConfig({ config: rest, ...facts }), []);
});

test('allowed: serial and console whatever they say, because cocoon writes both anew', () => {
  assert.equal(places({ serial: { mode: 'File', file: '/etc/x' }, console: { mode: 'Pty', file: '/dev/pts/1' } }), []);
});

test('allowed: a debug console that is off or goes nowhere', () => {
  assert.equal(places({ debug_console: { mode: 'Null', iobase: 233, file: null } }), []);
  assert.equal(places({ debug_console: null }), []);
});

test('allowed: queues pinned to processors, as cocoon writes them for more than one', () => {
  const queue_affinity = [
    { queue_index: 0, host_cpus: [0] },
    { queue_index: 1, host_cpus: [1] },
  ];
  assert.equal(places({ disks: [disk({ queue_affinity })] }), []);
  assert.equal(places({ disks: [disk({ queue_affinity: null })] }), []);
  assert.equal(places({ disks: null }), []);
});

const wrongAffinities: readonly JsonValue[] = [
  { queue_index: 0 },
  ['/x'],
  [{ queue_index: '/x', host_cpus: [0] }],
  [{ queue_index: 0, host_cpus: ['/x'] }],
  [{ queue_index: 0, host_cpus: 0 }],
  [{ queue_index: 0, path: '/x' }],
];
for (const queue_affinity of wrongAffinities) {
  test(`denied: pinned queues of the form ${JSON.stringify(queue_affinity)}`, () => {
    assert.equal(places({ disks: [disk({ queue_affinity })] }), ['disks[0].queue_affinity']);
  });
}

test('a finding names the file, what is there and what cocoon writes, and is cut to a readable length', () => {
  const [found] = judge({ rng: { src: `/${'x'.repeat(500)}` } });
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, '/snap/config.json');
  assert.is(found?.expected, '/dev/urandom');
  assert.is(found?.expectedFrom, 'cocoon');
  assert.is(found?.actual?.length, 120);
  assert.match(found?.message ?? '', 'rng.src');
  assert.match(found?.remedy ?? '', '--allow-vm-section');
  assert.is(found?.remedyArgv, null);
});

test('the name of a place is cut, too: a key may be as long as the file', () => {
  const [found, ...others] = judge({ ['s'.repeat(5000)]: ['/x'] });
  assert.is(found?.message, `config.json: ${'s'.repeat(120)} is not what cocoon writes`);
  assert.equal(others, []);
  assert.equal(places({ rng: { src: '/dev/urandom', ['k'.repeat(500)]: '/x' } }), [`rng.${'k'.repeat(116)}`]);
});

test('eight places are listed, and more are counted', () => {
  const sections = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}`, '/x']));
  assert.equal(places(sections(8)).length, 8);
  const found = judge(sections(100_000));
  assert.is(found.length, 9);
  assert.is(found[8]?.code, 'vm-config-host-access');
  assert.is(found[8]?.message, '99992 more places that cocoon does not write');
  assert.is(found[8]?.subject, '/snap/config.json');
  assert.is(judge(sections(9))[8]?.message, '1 more places that cocoon does not write');
});

test.run();
