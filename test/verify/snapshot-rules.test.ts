import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../lib/store/json-shape.js';
import type { DirectoryEntry } from '../../lib/store/snapshot-directory.js';
import type { SnapshotFacts } from '../../lib/verify/snapshot-facts.js';
import { judgeSnapshotFacts, type OpenedFacts, ownDisks } from '../../lib/verify/snapshot-rules.js';
import { MEMORY, STORAGE } from '../builders/cocoon-root.js';
import { ociNode } from '../builders/oci-node.js';
import { smallNode } from '../builders/small-node.js';
import { factsOf } from './facts.js';

const test = suite('the rules of a snapshot, by what was read of it');

const small = smallNode({ snapshot: () => ({ dataDisks: [{ name: 'd1', bytes: Buffer.alloc(2 ** 20) }] }) });
const ofImage = ociNode();

type Name = 'app:v1' | 'oci:v1' | 'fc:v1';
const names = ['app:v1', 'oci:v1', 'fc:v1'] as const;
const nodeOf = (name: Name) => (name === 'app:v1' ? small : ofImage);

type Change = (facts: SnapshotFacts) => Partial<SnapshotFacts>;

async function changed(name: Name, change: Change): Promise<SnapshotFacts> {
  const facts = await factsOf(nodeOf(name), name);
  return { ...facts, ...change(facts) };
}

interface Asked {
  readonly opened?: Partial<OpenedFacts>;
  readonly allowed?: readonly string[];
}

/** Code, file, what is expected, of whom, and what is there instead. */
async function judged(name: Name, change: Change = () => ({}), { opened, allowed = [] }: Asked = {}) {
  const { directory } = nodeOf(name).root;
  const findings = judgeSnapshotFacts(
    await changed(name, change),
    { rawDisks: [], missingFirmware: null, ...opened },
    { roots: [directory], runDirs: [join(directory, 'run')] },
    allowed,
  );
  return findings.map(({ code, subject, expected, expectedFrom, actual }) =>
    [code, basename(subject ?? ''), expected, expectedFrom, actual].join(' | '),
  );
}

/** The value of a sidecar that was read, changed. */
function value<T extends object>(sidecar: { kind: string }, fields: (value: T) => object) {
  if (!('value' in sidecar)) throw new Error('it was not read');
  return { ...sidecar, value: { ...(sidecar.value as T), ...fields(sidecar.value as T) } } as never;
}

type Disks = { storage_configs: Record<string, unknown>[] };
const at = (index: number, fields: object) => (disk: object, place: number) =>
  place === index ? { ...disk, ...fields } : disk;
const sidecarDisk =
  (index: number, fields: object): Change =>
  ({ sidecar }) => ({
    sidecar: value<Disks>(sidecar, ({ storage_configs: disks }) => ({ storage_configs: disks.map(at(index, fields)) })),
  });
const configDisk =
  (index: number, fields: object): Change =>
  ({ config }) => ({
    config: value<{ disks: object[] }>(config, ({ disks }) => ({ disks: disks.map(at(index, fields)) })),
  });

const record =
  (fields: object): Change =>
  (facts) => ({ record: { ...facts.record, ...fields } });

/** The listing of the directory, changed. */
const entries =
  (change: (entries: readonly DirectoryEntry[]) => readonly DirectoryEntry[]): Change =>
  ({ listing }) => {
    if (listing.kind !== 'directory') throw new Error('it was not listed');
    return { listing: { ...listing, entries: change(listing.entries) } };
  };
const without = (name: string) => entries((all) => all.filter((entry) => entry.name !== name));
const entry = (name: string, fields: Partial<DirectoryEntry>) =>
  entries((all) => all.map((one) => (one.name === name ? { ...one, ...fields } : one)));

const missing = { kind: 'missing' } as const;
const malformed = { kind: 'malformed', reason: 'torn' } as const;
const shape = 'strict JSON of the shape that cocoon writes | cocoon | ';

for (const name of names) {
  test(`${name}: a healthy snapshot has no finding`, async () => {
    assert.equal(await judged(name), []);
  });

  test(`${name}: a record that an older cocoon wrote names neither image type nor hypervisor`, async () => {
    assert.equal(await judged(name, record({ imageType: null, hypervisor: null })), []);
  });

  test(`${name}: a cocoon.json that is not there or is torn is one finding, and nothing is asked of it`, async () => {
    assert.equal(await judged(name, () => ({ sidecar: missing })), []);
    assert.equal(await judged(name, () => ({ sidecar: malformed })), [`sidecar-malformed | cocoon.json | ${shape}`]);
  });

  test(`${name}: the writable disk must be there, whatever cocoon.json says`, async () => {
    const cow = name === 'app:v1' ? 'overlay.qcow2' : 'cow.raw';
    const found = [`snapshot-file-missing | ${cow} | a regular file | cocoon | missing`];
    assert.equal(await judged(name, without(cow)), found);
    assert.equal(await judged(name, (facts) => ({ ...without(cow)(facts), sidecar: missing })), found);
    const none: Change = (facts) => ({
      ...without(cow)(facts),
      sidecar: value<Disks>(facts.sidecar, () => ({ storage_configs: [] })),
    });
    assert.ok((await judged(name, none)).includes(found[0] ?? ''));
  });

  test(`${name}: a disk that is not called what cocoon opens is denied by its cocoon.json`, async () => {
    const place = name === 'app:v1' ? 0 : 2;
    const other = join(nodeOf(name).root.directory, 'run', 'x.raw');
    const found = await judged(name, sidecarDisk(place, { path: other }));
    const cow = name === 'app:v1' ? 'overlay.qcow2' : 'cow.raw';
    assert.ok(found.includes(`sidecar-mismatch | cocoon.json | ${cow} | cocoon | x.raw`), found.join('\n'));
    assert.ok(
      found.some((one) => one.startsWith('disk-outside-store | cocoon.json | ') && one.endsWith(` | ${other}`)),
    );
  });

  test(`${name}: a record of another kind or hypervisor is denied`, async () => {
    const [type, witness] =
      name === 'app:v1' ? ['cloudimg', 'config.json'] : ['oci', name === 'fc:v1' ? 'Firecracker' : 'config.json'];
    const otherType = type === 'oci' ? 'cloudimg' : 'oci';
    assert.equal(await judged(name, record({ imageType: otherType })), [
      `sidecar-mismatch | cocoon.json | ${type} | ${witness} | ${otherType}`,
    ]);
    const program = name === 'fc:v1' ? 'firecracker' : 'cloud-hypervisor';
    assert.equal(await judged(name, record({ hypervisor: 'other' })), [
      `sidecar-mismatch | cocoon.json | ${program} | config.json | other`,
    ]);
  });

  test(`${name}: guest memory is measured, unless it is no regular file or not there`, async () => {
    const file = name === 'fc:v1' ? 'mem' : 'memory-ranges';
    const witness = name === 'fc:v1' ? 'cocoon.json' : 'state.json';
    assert.equal(await judged(name, entry(file, { size: 4096n })), [
      `memory-size-mismatch | ${file} | ${MEMORY} bytes | ${witness} | 4096 bytes`,
    ]);
    assert.equal(await judged(name, without(file)), [
      `snapshot-file-missing | ${file} | a regular file | cocoon | missing`,
    ]);
    assert.equal(await judged(name, entry(file, { kind: 'fifo', size: 0n })), [
      `snapshot-file-missing | ${file} | a regular file | cocoon | fifo`,
    ]);
    const of = name === 'fc:v1' ? 'cocoon.json' : 'config.json';
    assert.equal(await judged(name, record({ memory: 2 * MEMORY })), [
      `memory-size-mismatch | ${file} | ${2 * MEMORY} bytes | snapshot record | ${MEMORY} bytes`,
    ]);
    assert.equal(
      await judged(name, (facts) => ({
        ...entry(file, { size: 1n })(facts),
        ...(of === 'cocoon.json' ? { sidecar: missing } : { state: missing, config: missing }),
      })),
      [],
    );
  });

  test(`${name}: a directory that is not there is the only finding of what would be in it`, async () => {
    const listing = { kind: 'missing' } as const;
    const directory = basename(nodeOf(name).root.files(name));
    assert.equal(await judged(name, () => ({ listing })), [
      `snapshot-file-missing | ${directory} | a directory | cocoon | missing`,
    ]);
  });

  test(`${name}: what was found of its raw disks and its firmware is judged`, async () => {
    const disk = { path: '/x/cow.raw', bytes: 512n, stateBytes: 1024n, recordBytes: null, probedBy: null };
    const rawDisks = [{ ...disk, head: Buffer.alloc(512), tail: Buffer.alloc(512) }];
    assert.equal(await judged(name, undefined, { opened: { missingFirmware: '/x/CLOUDHV.fd', rawDisks } }), [
      'boot-file-missing | CLOUDHV.fd | a file | config.json | missing',
      'raw-size-mismatch | cow.raw | 1024 bytes | state.json | 512 bytes',
    ]);
  });
}

for (const name of ['app:v1', 'oci:v1'] as const) {
  test(`${name}: a config.json or state.json that is torn is one finding`, async () => {
    assert.equal(await judged(name, () => ({ config: malformed })), [`sidecar-malformed | config.json | ${shape}`]);
    assert.equal(await judged(name, () => ({ state: malformed })), [`sidecar-malformed | state.json | ${shape}`]);
  });

  test(`${name}: config.json must list the disks of cocoon.json, under ids that state.json knows`, async () => {
    assert.equal(await judged(name, configDisk(0, { path: '/x/y' })), [
      `sidecar-mismatch | cocoon.json | ${await pathOf(name, 0)} | cocoon.json | /x/y`,
    ]);
    assert.equal(await judged(name, configDisk(0, { serial: 'other' })), [
      `sidecar-mismatch | cocoon.json | ${name === 'app:v1' ? '' : 'cocoon-layer0'} | cocoon.json | other`,
    ]);
    const readonly = name === 'app:v1';
    assert.equal(await judged(name, configDisk(0, { readonly })), [
      `sidecar-mismatch | cocoon.json | read-only ${!readonly} | cocoon.json | read-only ${readonly}`,
    ]);
    assert.equal(await judged(name, configDisk(0, { image_type: 'Vhdx' })), [
      `sidecar-mismatch | cocoon.json | ${name === 'app:v1' ? 'Qcow2' : 'Raw'} | cocoon | Vhdx`,
    ]);
    const backing_files = name !== 'app:v1';
    assert.equal(await judged(name, configDisk(0, { backing_files })), [
      `sidecar-mismatch | cocoon.json | backing_files ${!backing_files} | cocoon | backing_files ${backing_files}`,
    ]);
    assert.equal(await judged(name, configDisk(0, { id: '_disk9' })), [
      'sidecar-mismatch | cocoon.json | one of _disk0, _disk1, _disk2 | state.json | _disk9',
    ]);
    assert.equal(await judged(name, (facts) => ({ ...configDisk(0, { id: '_disk9' })(facts), state: missing })), []);
  });

  test(`${name}: what config.json gives the machine of its host is denied, if it is not allowed by name`, async () => {
    const fs: Change = ({ config }) => {
      if (config.kind !== 'ok') throw new Error('it was not read');
      return { config: { ...config, document: { ...(config.document as JsonObject), fs: [{ socket: '/x' }] } } };
    };
    const found = await judged(name, fs);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^vm-config-host-access \| config\.json \| /);
    assert.equal(await judged(name, fs, { allowed: ['fs'] }), ['vm-section-allowed | config.json |  |  | ']);
    assert.equal(
      (await judged(name, record({ nics: 1 }))).map((one) => one.split(' | ').slice(0, 2)),
      [['vm-config-host-access', 'config.json']],
    );
  });

  test(`${name}: state.json and config.json without memory name none`, async () => {
    const stateless: Change = ({ state }) => ({ state: value(state, () => ({ memoryBytes: null })) });
    assert.equal(await judged(name, stateless), [
      `memory-size-mismatch | memory-ranges | 0 bytes | state.json | ${MEMORY} bytes`,
    ]);
    for (const memory of [null, { size: null }]) {
      const sizeless: Change = ({ config }) => ({ config: value(config, () => ({ memory })) });
      assert.equal(await judged(name, sizeless), [
        `memory-size-mismatch | memory-ranges | at most 0 bytes | config.json | ${MEMORY} bytes`,
      ]);
    }
    const smaller: Change = ({ config }) => ({ config: value(config, () => ({ memory: { size: 4096 } })) });
    assert.equal(await judged(name, smaller), [
      `memory-size-mismatch | memory-ranges | at most 4096 bytes | config.json | ${MEMORY} bytes`,
    ]);
  });

  test(`${name}: a state of a Firecracker is not asked`, async () => {
    assert.equal(await judged(name, () => ({ vmState: { kind: 'malformed', reason: 'torn', offset: 7 } })), []);
  });
}

async function pathOf(name: Name, index: number): Promise<string | undefined> {
  const { sidecar } = await factsOf(nodeOf(name), name);
  return sidecar.kind === 'ok' ? sidecar.value.storage_configs[index]?.path : undefined;
}

test('each disk that cocoon.json lists must be there, and a cow.raw beside the overlay is denied', async () => {
  for (const file of ['data-d1.raw', 'cidata.img']) {
    assert.equal(await judged('app:v1', without(file)), [
      `snapshot-file-missing | ${file} | a regular file | cocoon | missing`,
    ]);
  }
  const beside = entries((all) => [...all, { name: 'cow.raw', kind: 'regular', size: 1n }]);
  assert.equal(await judged('app:v1', beside), [
    'sidecar-mismatch | cocoon.json | overlay.qcow2 alone | config.json | cow.raw and overlay.qcow2',
  ]);
});

const boot = (fields: object | null): Change => {
  return ({ sidecar }) => ({
    sidecar: value<{ boot_config: object }>(sidecar, ({ boot_config }) => ({
      boot_config: fields === null ? null : { ...boot_config, ...fields },
    })),
  });
};

test('a machine that boots its firmware is asked for no kernel', async () => {
  assert.equal(await judged('app:v1', boot(null)), []);
});

test('a machine of an OCI image must boot what cocoon.json names, out of this store', async () => {
  const { directory } = ofImage.root;
  const kernel = join(directory, 'oci/boot', ofImage.layers[0], 'vmlinuz');
  const initrd = join(directory, 'oci/boot', ofImage.layers[0], 'initrd.img');
  const payload = (fields: object): Change => {
    return ({ config }) => ({
      config: value<{ payload: object }>(config, (all) => ({ payload: { ...all.payload, ...fields } })),
    });
  };
  assert.equal(await judged('oci:v1', boot(null)), ['sidecar-mismatch | cocoon.json | a kernel | cocoon.json | none']);
  assert.equal(await judged('oci:v1', payload({ kernel: '/x' })), [
    `sidecar-mismatch | cocoon.json | ${kernel} | cocoon.json | /x`,
  ]);
  assert.equal(await judged('oci:v1', payload({ initramfs: '/x' })), [
    `sidecar-mismatch | cocoon.json | ${initrd} | cocoon.json | /x`,
  ]);
  const outside = (file: string) =>
    `disk-outside-store | cocoon.json | ${directory}/oci/boot/<digest>/${file} | cocoon | /x`;
  assert.equal(await judged('oci:v1', (facts) => ({ ...boot({ kernel_path: '/x' })(facts), config: missing })), [
    outside('vmlinuz'),
  ]);
  assert.equal(await judged('oci:v1', (facts) => ({ ...boot({ initrd_path: '/x' })(facts), config: missing })), [
    outside('initrd.img'),
  ]);
});

test('a Firecracker must be given what its state names', async () => {
  const { kernelPath: kernel, initrdPath: initrd } = ofImage.vmState;
  assert.equal(await judged('fc:v1', () => ({ vmState: { kind: 'malformed', reason: 'torn', offset: 7 } })), [
    'vmstate-malformed | vmstate |  |  | ',
  ]);
  assert.equal(await judged('fc:v1', boot(null)), [
    'sidecar-mismatch | cocoon.json | a kernel | cocoon.json | none',
    `sidecar-mismatch | vmstate |  | cocoon.json | ${kernel}`,
    `sidecar-mismatch | vmstate | none | cocoon.json | ${initrd}`,
  ]);
  const diskless: Change = ({ vmState, ...facts }) => {
    if (vmState.kind !== 'ok') throw new Error('it was not read');
    const bootSource = { ...vmState.state.bootSource, kernelPath: '', initrdPath: null };
    return { ...boot(null)({ vmState, ...facts }), vmState: { ...vmState, state: { ...vmState.state, bootSource } } };
  };
  assert.equal(await judged('fc:v1', diskless), ['sidecar-mismatch | cocoon.json | a kernel | cocoon.json | none']);
  const other = join(ofImage.root.directory, 'oci/boot', ofImage.layers[1]);
  assert.equal(
    await judged('fc:v1', boot({ kernel_path: join(other, 'vmlinuz'), initrd_path: join(other, 'initrd.img') })),
    [
      `sidecar-mismatch | vmstate | ${other}/vmlinuz | cocoon.json | ${kernel}`,
      `sidecar-mismatch | vmstate | ${other}/initrd.img | cocoon.json | ${initrd}`,
    ],
  );
  assert.equal(await judged('fc:v1', ({ sidecar }) => ({ sidecar: value(sidecar, () => ({ cpu: 2 })) })), [
    'sidecar-mismatch | vmstate | 2 processors | cocoon.json | 1 processors',
  ]);
  assert.equal(await judged('fc:v1', record({ nics: 1 })), [
    'sidecar-mismatch | vmstate | 1 interfaces | snapshot record | 0 interfaces',
  ]);
  const half = MEMORY / 2;
  assert.equal(await judged('fc:v1', ({ sidecar }) => ({ sidecar: value(sidecar, () => ({ memory: half })) })), [
    `memory-size-mismatch | vmstate | ${half} bytes | cocoon.json | ${MEMORY} bytes`,
    `memory-size-mismatch | mem | ${half} bytes | cocoon.json | ${MEMORY} bytes`,
  ]);
});

test('a Firecracker whose record has another memory is told which two files differ', async () => {
  const facts = await changed('fc:v1', record({ memory: 2 * MEMORY }));
  const { directory } = ofImage.root;
  const place = { roots: [directory], runDirs: [join(directory, 'run')] };
  assert.equal(
    judgeSnapshotFacts(facts, { rawDisks: [], missingFirmware: null }, place, []).map(({ message }) => message),
    ['cocoon.json and the record name another size of guest memory'],
  );
});

test('a report shows the raw disks of a snapshot, with their bytes where they are there', async () => {
  const raw = { format: 'raw', dirty: null, chain: [] };
  assert.equal(ownDisks(await factsOf(small)), [
    { file: 'data-d1.raw', role: 'data', virtualSize: 2 ** 20, ...raw },
    { file: 'cidata.img', role: 'cidata', virtualSize: 2 ** 20, ...raw },
  ]);
  for (const name of ['oci:v1', 'fc:v1'] as const) {
    assert.equal(ownDisks(await factsOf(ofImage, name)), [
      { file: 'cow.raw', role: 'cow', virtualSize: STORAGE, ...raw },
    ]);
    assert.equal(ownDisks(await changed(name, without('cow.raw'))), [
      { file: 'cow.raw', role: 'cow', virtualSize: null, ...raw },
    ]);
    assert.equal(ownDisks(await changed(name, () => ({ listing: { kind: 'missing' } })))[0]?.virtualSize, null);
  }
  assert.equal(ownDisks(await changed('app:v1', () => ({ sidecar: missing }))), []);
});

test.run();
