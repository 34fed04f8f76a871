import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type JsonObject,
  type JsonValue,
  judgeVmConfig,
  type VmConfigFacts,
} from '../../../lib/verify/rules/vm-config.js';

const test = suite('vm-config');

const vmId = 'DDFGWC5JIFBVGWYPYZ7274SN22';
const runDir = `/var/lib/cocoon/run/cloudhypervisor/${vmId}`;
const hex = 'a'.repeat(64);
const boot = `/var/lib/cocoon/oci/boot/${hex}`;

/** A disk as Cloud Hypervisor 53 writes it back. */
function disk(changes: JsonObject = {}): JsonObject {
  return {
    id: '_disk0',
    pci_segment: 0,
    path: `${runDir}/overlay.qcow2`,
    readonly: false,
    direct: true,
    num_queues: 1,
    queue_size: 512,
    vhost_user: false,
    disable_io_uring: false,
    disable_aio: false,
    backing_files: true,
    sparse: true,
    image_type: 'Qcow2',
    lock_granularity: 'ByteRange',
    ...changes,
  };
}

/** An interface as Cloud Hypervisor writes it back. */
function net(changes: JsonObject = {}): JsonObject {
  return {
    id: '_net1',
    pci_segment: 0,
    tap: 'tapDDFGWC5J-0',
    mac: '0a:58:0a:58:00:02',
    num_queues: 2,
    queue_size: 512,
    vhost_user: false,
    vhost_mode: 'Client',
    offload_tso: true,
    offload_ufo: true,
    offload_csum: true,
    ...changes,
  };
}

/** A whole configuration as cocoon 0.3.8 and Cloud Hypervisor 53 write it. */
function config(changes: JsonObject = {}): JsonObject {
  return {
    cpus: {
      boot_vcpus: 1,
      max_vcpus: 2,
      kvm_hyperv: false,
      max_phys_bits: 46,
      features: { amx: false },
      nested: true,
      core_scheduling: 'Vm',
      profile: 'Host',
    },
    memory: { size: 536870912, mergeable: false, hotplug_method: 'Acpi', shared: false, hugepages: false, thp: true },
    payload: { firmware: '/var/lib/cocoon/firmware/CLOUDHV.fd' },
    disks: [disk()],
    rng: { pci_segment: 0, src: '/dev/urandom' },
    balloon: { pci_segment: 0, size: 134217728, deflate_on_oom: true, free_page_reporting: true },
    serial: { mode: 'Socket', socket: `${runDir}/console.sock` },
    console: { mode: 'Off', pci_segment: 0 },
    debug_console: { mode: 'Off', iobase: 233 },
    pvpanic: false,
    iommu: false,
    watchdog: true,
    landlock_enable: false,
    ...changes,
  };
}

function judge(changes: JsonObject, facts: Partial<VmConfigFacts> = {}) {
  return judgeVmConfig({
    config: config(changes),
    path: '/snap/config.json',
    roots: ['/var/lib/cocoon'],
    nics: 0,
    allowedSections: [],
    ...facts,
  });
}

/** The places that are complained about, without the file and the words around them. */
function places(changes: JsonObject, facts: Partial<VmConfigFacts> = {}): string[] {
  return judge(changes, facts).map(({ code, message }) => {
    assert.is(code, 'vm-config-host-access');
    return message.replace(/^config\.json: (.*) is not what cocoon writes$/, '$1');
  });
}

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
  assert.equal(places(changes, { allowedSections: ['platform'] }), ['tpm']);
  assert.equal(places(changes, { allowedSections: ['Platform'] }), ['platform', 'tpm']);
});

test('allowed: what cocoon and Cloud Hypervisor 53 write for a cloud image', () => {
  assert.equal(judge({}), []);
});

test('allowed: a Windows machine without balloon and with kvm_hyperv', () => {
  const { balloon: _, ...rest } = config();
  const cpus = { boot_vcpus: 2, max_vcpus: 8, kvm_hyperv: true, max_phys_bits: 46, features: { amx: false } };
  const facts = { path: '/c', roots: ['/var/lib/cocoon'], nics: 0, allowedSections: [] };
  assert.equal(judgeVmConfig({ config: { ...rest, cpus }, ...facts }), []);
});

test('allowed: hugepages, and numbers, marks and words that a newer hypervisor adds to a known section', () => {
  const memory = { size: 1, hugepages: true, hugepage_size: 2097152, zones: null, colour: 'Red' };
  assert.equal(places({ memory, rng: { src: '/dev/urandom', iommu: true, quality: 7 } }), []);
});

test('allowed: an absent rng, because the hypervisor takes /dev/urandom then', () => {
  const { rng: _, ...rest } = config();
  assert.equal(judgeVmConfig({ config: rest, path: '/c', roots: [], nics: 0, allowedSections: ['payload'] }), []);
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
  });
}

test('denied: other keys of the payload that name files, and a command line that is no text', () => {
  const payload = { igvm: '/x.igvm', fw_cfg_config: { items: { item_list: [{ name: 'n', file: '/etc/shadow' }] } } };
  assert.equal(places({ payload }), ['payload.igvm', 'payload.fw_cfg_config']);
  assert.equal(places({ payload: { cmdline: ['x'] } }), ['payload.cmdline']);
});

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
  assert.equal(places({ net: [net(), net()] }, { nics: 2 }), ['net[1].id']);
});

test('denied: interfaces that are no list, or no objects', () => {
  assert.equal(places({ net: { id: 'x' } }), ['net']);
  assert.equal(places({ net: ['/x'] }, { nics: 1 }), ['net[0]', 'net[0].id']);
});

test("allowed: a vsock with its socket directly in a machine's run directory, on any host", () => {
  assert.equal(places({ vsock: { id: '_vsock4', cid: 3, socket: `${runDir}/vsock.sock` } }), []);
  assert.equal(places({ vsock: { cid: 3, socket: `/data/run/cloudhypervisor/${vmId}/v.sock` } }), []);
  assert.equal(places({ vsock: null }), []);
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

test('a finding names the file, what is there and what cocoon writes, and is cut to a readable length', () => {
  const [found] = judge({ rng: { src: `/${'x'.repeat(500)}` } });
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, '/snap/config.json');
  assert.is(found?.expected, '/dev/urandom');
  assert.is(found?.expectedFrom, 'cocoon');
  assert.is(found?.actual?.length, 200);
  assert.match(found?.remedy ?? '', 'rng.src');
  assert.is(found?.remedyArgv, null);
});

test('keys that are absent in all but name are no finding', () => {
  assert.equal(places({ pmem: undefined, rng: { src: '/dev/urandom', file: undefined } }), []);
});

test.run();
