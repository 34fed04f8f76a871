import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseMachineState } from '../../lib/store/machine-state.js';
import { readCocoonSidecar, readMachineState, readVmConfig } from '../../lib/store/sidecars.js';
import { buildRoot, MEMORY, type SnapshotFiles, STORAGE } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';

const test = suite('sidecars');

function snapshot(edit?: (files: SnapshotFiles) => void): string {
  const dataDisks = [{ name: 'scratch', bytes: Buffer.alloc(4096) }];
  const root = buildRoot({
    directory: temporaryDirectory(),
    root: '/var/lib/cocoon',
    snapshots: [
      { name: 's', image: 'i', base: 'ab'.repeat(32), overlay: Buffer.from('o'), dataDisks, ...(edit ? { edit } : {}) },
    ],
  });
  return root.files('s');
}

test('what cocoon and the hypervisor wrote is read as they wrote it, and stays so', async () => {
  const directory = snapshot();
  const before = listing(directory);
  const cocoon = await readCocoonSidecar(directory);
  const config = await readVmConfig(directory);
  const state = await readMachineState(directory);
  assert.equal(listing(directory), before);
  if (cocoon.kind !== 'ok' || config.kind !== 'ok' || state.kind !== 'ok') throw new Error('unreadable');

  assert.equal(
    cocoon.value.storage_configs.map(({ role, ro, serial }) => [role, ro, serial]),
    [
      ['cow', false, ''],
      ['data', false, 'scratch'],
      ['cidata', true, ''],
    ],
  );
  assert.is(cocoon.value.boot_config?.firmware_path, '/var/lib/cocoon/firmware/CLOUDHV.fd');
  assert.is(cocoon.value.memory, 0);
  assert.equal(
    config.value.disks.map(({ path }) => path),
    cocoon.value.storage_configs.map(({ path }) => path),
  );
  assert.equal(
    config.value.disks.map((disk) => [disk.image_type, disk.backing_files, disk.readonly]),
    [
      ['Qcow2', true, false],
      ['Raw', false, false],
      ['Raw', false, true],
    ],
  );
  assert.is(config.value.memory?.size, MEMORY);
  assert.is(config.value.payload?.kernel, '');
  assert.is(config.value.rng?.src, '/dev/urandom');
  assert.equal(config.value.net, []);
  assert.is(JSON.stringify(config.document), readFileSync(join(directory, 'config.json'), 'utf8'));
  assert.is(state.value.memoryBytes, BigInt(MEMORY));
  assert.equal(
    [...state.value.disks],
    [
      ['_disk0', BigInt(STORAGE)],
      ['_disk1', 4096n],
      ['_disk2', 1048576n],
    ],
  );
});

test('a key of Cloud Hypervisor in another spelling is refused wherever it stands', async () => {
  const spellings: readonly ((files: SnapshotFiles) => void)[] = [
    ({ config }) => Object.assign(config, { Disks: [] }),
    ({ config }) => Object.assign(config, { Pmem: [] }),
    ({ config }) => Object.assign(config, { 'di\u017fks': [] }),
    ({ config }) => Object.assign(config.disks[0], { Path: '/etc/shadow' }),
    ({ config }) => Object.assign(config.disks[0], { VHOST_SOCKET: '/x' }),
    ({ config }) => Object.assign(config.payload, { Kernel: '/x' }),
    ({ config }) => Object.assign(config.payload, { '\u212aernel': '/x' }),
    ({ config }) => Object.assign(config.memory, { Zones: [] }),
    ({ config }) => Object.assign(config.rng, { SRC: '/x' }),
    ({ config }) => Object.assign(config.debug_console, { File: '/x' }),
  ];
  for (const edit of spellings) {
    const config = await readVmConfig(snapshot(edit));
    assert.is(config.kind, 'malformed', edit.toString());
  }
});

test('keys of a later Cloud Hypervisor are read over, and stand in the document', async () => {
  const config = await readVmConfig(
    snapshot((files) => {
      files.config.new_section = { path: '/x' };
      files.config.disks[0].new_key = true;
    }),
  );
  if (config.kind !== 'ok') throw new Error(config.kind);
  assert.match(JSON.stringify(config.document), /"new_section":\{"path":"\/x"\}/);
});

test('the state’s states are as strict as the state', async () => {
  const memory = (text: string) => (files: SnapshotFiles) => {
    files.state.snapshots['memory-manager'].snapshot_data.state = text;
  };
  const disk = (state: unknown) => (files: SnapshotFiles) => {
    files.state.snapshots['device-manager'].snapshots._disk0.snapshot_data.state = state;
  };
  const refused: readonly (readonly [(files: SnapshotFiles) => void, RegExp])[] = [
    [
      memory('{"memory_ranges":{"data":[{"length":1}],"data":[]}}'),
      /state of memory-manager: .*repeated.*line 1, column 41/,
    ],
    [memory('{"memory_ranges":{"data":[{"length":1,"Length":2}]}}'), /"Length" for "length"/],
    [memory('{"memory_ranges":{"data":[{"length":1.5}]}}'), /length is 1\.5/],
    [memory('{"memory_ranges":{"data":[{"length":-1}]}}'), /-1 bytes/],
    [memory('{"memory_ranges"'), /ends too early/],
    [disk('{"disk_path":"/a","disk_path":"/b"}'), /state of _disk0: .*repeated/],
    [disk([123, 125]), /state of _disk0: it is not a string/],
    [disk(null), /state of _disk0: it is not a string/],
  ];
  for (const [edit, reason] of refused) {
    const state = await readMachineState(snapshot(edit));
    if (state.kind !== 'malformed') throw new Error(`${state.kind}: ${reason}`);
    assert.match(state.reason, reason);
  }
});

test('memory is the sum of its ranges, and not known where none is named', () => {
  const state = (inner: unknown) =>
    parseMachineState(
      Buffer.from(
        JSON.stringify({ snapshots: { 'memory-manager': { snapshot_data: { state: JSON.stringify(inner) } } } }),
      ),
    );
  const memoryOf = (parsed: ReturnType<typeof state>) => (parsed.kind === 'ok' ? parsed.value.memoryBytes : parsed);
  assert.is(
    memoryOf(state({ memory_ranges: { data: [{ length: 3_221_225_472 }, { length: 1_073_741_824 }] } })),
    4_294_967_296n,
  );
  const largest = { length: Number.MAX_SAFE_INTEGER };
  assert.is(memoryOf(state({ memory_ranges: { data: [largest, largest] } })), 2n * BigInt(Number.MAX_SAFE_INTEGER));
  assert.is(memoryOf(state({ memory_ranges: { data: [] } })), 0n);
  assert.is(memoryOf(parseMachineState(Buffer.from('{}'))), null);
  assert.is(
    memoryOf(parseMachineState(Buffer.from('{"snapshots": {"memory-manager": {"snapshot_data": null}}}'))),
    null,
  );
});

test('what is missing, no file, too large or torn is told apart', async () => {
  const directory = snapshot();
  const path = join(directory, 'cocoon.json');
  truncateSync(path, 20);
  assert.is((await readCocoonSidecar(directory)).kind, 'malformed');
  truncateSync(path, 16 * 1024 * 1024 + 1);
  assert.match(JSON.stringify(await readCocoonSidecar(directory)), /"malformed".*more than 16777216/);
  rmSync(path);
  assert.equal(await readCocoonSidecar(directory), { kind: 'missing' });
  symlinkSync(join(directory, 'config.json'), path);
  assert.equal(await readCocoonSidecar(directory), { kind: 'not-regular', what: 'symlink' });
  rmSync(path);
  mkdirSync(path);
  assert.equal(await readCocoonSidecar(directory), { kind: 'not-regular', what: 'directory' });
  assert.equal(await readCocoonSidecar(path), { kind: 'missing' });
});

test.run();
