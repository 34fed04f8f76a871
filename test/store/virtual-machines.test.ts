import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { raw, writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot, writeIndex } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';
import { built } from './sqlite-root.js';

const test = suite('virtual machines');

type Rows = Readonly<Record<string, unknown>>;

interface Machines {
  readonly vms?: Rows;
  readonly names?: Rows;
  readonly firecracker?: { readonly vms: Rows; readonly names?: Rows };
}

/** The same machines in both engines. */
async function stores({ vms = {}, names = {}, firecracker }: Machines): Promise<Store[]> {
  const json = buildRoot({ directory: temporaryDirectory() });
  const index = (hypervisor: string, document: unknown) => {
    mkdirSync(join(json.directory, hypervisor, 'db'), { recursive: true });
    writeIndex(join(json.directory, hypervisor, 'db/vms.json'), document);
  };
  index('cloudhypervisor', { vms, names });
  if (firecracker !== undefined) index('firecracker', firecracker);
  const root = temporaryDirectory();
  writeDatabase(join(root, 'meta/meta.db'), {
    rows: {
      vms_cloudhypervisor__records: vms,
      vms_cloudhypervisor__names: names,
      vms_firecracker__records: firecracker?.vms ?? {},
      vms_firecracker__names: firecracker?.names ?? {},
    },
  });
  return [await openStore(json.location), await openStore({ root, metaBackend: null })];
}

/** The ids and hypervisors that a reference leads to, in both engines. */
async function lead(machines: Machines, cases: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const store of await stores(machines)) {
    for (const [ref, expected] of Object.entries(cases)) {
      const found = await store.virtualMachines(ref);
      const shown = found.map(({ id, hypervisor }) => `${hypervisor} ${id}`);
      assert.equal(shown, expected, `${ref} (${store.engine})`);
    }
    await store.close();
  }
}

test('an id, a name or a prefix of three characters leads to one; anything else to none', async () => {
  await lead(
    { vms: { ABCD: {}, ABEF: {}, XYZW: {} }, names: { web: 'ABCD', ABE: 'XYZW', lost: 'GONE' } },
    {
      ABCD: ['cloud-hypervisor ABCD'],
      web: ['cloud-hypervisor ABCD'],
      ABE: ['cloud-hypervisor XYZW'],
      ABC: ['cloud-hypervisor ABCD'],
      XYZ: ['cloud-hypervisor XYZW'],
      XY: [],
      lost: [],
      we: [],
      '*': [],
      '': [],
    },
  );
});

test('a prefix of two ids leads to none', async () => {
  await lead({ vms: { ABCD: {}, ABCE: {} } }, { ABC: [], ABCD: ['cloud-hypervisor ABCD'] });
});

test('a machine of each hypervisor under one name is found twice', async () => {
  await lead(
    { vms: { AAAA: {} }, names: { web: 'AAAA' }, firecracker: { vms: { BBBB: {} }, names: { web: 'BBBB' } } },
    {
      web: ['cloud-hypervisor AAAA', 'firecracker BBBB'],
      BBBB: ['firecracker BBBB'],
      AAA: ['cloud-hypervisor AAAA'],
    },
  );
});

test('the record says which disks a restore opens, in their order, and what it boots', async () => {
  const disks = [
    { path: '/oci/blobs/ab.erofs', role: 'layer', ro: true, serial: 'layer0' },
    { path: '/run/cow.raw', role: 'cow', ro: false },
  ];
  const record = {
    id: 'AAAA',
    config: { name: 'web', cpu: 2 },
    state: 'running',
    storage_configs: disks,
    boot_config: { kernel_path: '/oci/boot/ab/vmlinuz', initrd_path: '/oci/boot/ab/initrd.img', cmdline: 'quiet' },
  };
  const empty = { storage_configs: null, boot_config: null };
  for (const store of await stores({ vms: { AAAA: record, BBBB: empty, CCCC: {} } })) {
    assert.equal(await store.virtualMachines('AAAA'), [
      {
        id: 'AAAA',
        hypervisor: 'cloud-hypervisor',
        disks: disks.map(({ path, role }) => ({ path, role })),
        kernel: '/oci/boot/ab/vmlinuz',
        initrd: '/oci/boot/ab/initrd.img',
      },
    ]);
    for (const id of ['BBBB', 'CCCC']) {
      const nothing = { id, hypervisor: 'cloud-hypervisor', disks: [], kernel: '', initrd: '' };
      assert.equal(await store.virtualMachines(id), [nothing]);
    }
  }
});

test('a record or name that is broken is refused where it is asked for, and nowhere else', async () => {
  const vms = { BAD1: { storage_configs: 'none' }, BAD2: { storage_configs: [{ path: 7 }] }, BAD3: [], GOOD: {} };
  for (const store of await stores({ vms, names: { bad: 7, good: 'GOOD' } })) {
    await refusal(store.virtualMachines('BAD1'), 'metadata-unreadable', /virtual machine "BAD1".*storage_configs/);
    await refusal(store.virtualMachines('BAD2'), 'metadata-unreadable', /storage_configs\.0\.path/);
    await refusal(store.virtualMachines('BAD3'), 'metadata-unreadable', /virtual machine "BAD3".*array/);
    await refusal(store.virtualMachines('bad'), 'metadata-unreadable', /virtual machine name "bad".*not a string/);
    assert.is((await store.virtualMachines('good')).length, 1);
  }
});

test('a record of the database that is no JSON is refused', async () => {
  const { location } = built({ rows: { vms_cloudhypervisor__records: { AAAA: raw('{"torn') } } });
  const store = await openStore(location);
  await refusal(store.virtualMachines('AAAA'), 'metadata-unreadable', /virtual machine "AAAA" cannot be decoded/);
  assert.equal(await store.virtualMachines('BBBB'), []);
});

test('without an index there are none', async () => {
  const { location } = buildRoot({ directory: temporaryDirectory() });
  assert.equal(await (await openStore(location)).virtualMachines('AAAA'), []);
});

test('an index that is torn is refused, unless its previous generation can be read', async () => {
  const { directory, location } = buildRoot({ directory: temporaryDirectory() });
  const index = join(directory, 'cloudhypervisor/db/vms.json');
  mkdirSync(join(directory, 'cloudhypervisor/db'), { recursive: true });
  writeFileSync(index, '{"vms": {');
  await refusal((await openStore(location)).virtualMachines('AAAA'), 'metadata-unreadable', /the index/);
  writeIndex(`${index}.prev`, { vms: { AAAA: {} }, names: {} });
  const store = await openStore(location);
  assert.is((await store.virtualMachines('AAAA')).length, 1);
  assert.equal(
    store.recovered.map(({ path }) => path),
    [index],
  );
});

test('a database without these tables is refused', async () => {
  const { location, database } = built();
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const open = new DatabaseSync(database);
  open.exec('DROP TABLE vms_firecracker__records');
  open.close();
  await refusal((await openStore(location)).virtualMachines('AAAA'), 'metadata-unreadable', /vms_firecracker__records/);
});

test.run();
