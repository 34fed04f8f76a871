import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ArchiveEntry } from '../../lib/archive/archive-entry.js';
import { keptBytes, keptReader, keptWhole } from '../../lib/archive/kept-content.js';
import { readArchive } from '../../lib/archive/read-archive.js';
import { readHeader } from '../../lib/qcow2/header.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { fileOf, inChunks, readEveryWay } from './every-way.js';

const test = suite('archives that cocoon 0.3.8 wrote');

const fixture = (name: string) => readFileSync(new URL(`../fixtures/real/exports/${name}`, import.meta.url));

/** The tar of a fixture: cocoon's own compression, or ours of a plain one, whose name says so. */
const tarOf = (name: string) => gunzipSync(fixture(name));

async function entriesIn(name: string): Promise<ReadonlyMap<string, ArchiveEntry>> {
  const read = await readEveryWay(tarOf(name));
  assert.ok(read.kind === 'ok', read.kind === 'ok' ? '' : read.reason);
  return new Map(read.entries.map((entry) => [entry.name, entry]));
}

const line = ({ name, mode, size, stored, sparse }: ArchiveEntry) =>
  [name, mode.toString(8), size, stored, sparse?.segments ?? '-'].join(' ');

test('a cloud image, with a data disk that holds nothing', async () => {
  const entries = await entriesIn('debian-data_v1.plain.gz');
  assert.equal([...entries.values()].map(line), [
    'snapshot.json 644 498 498 -',
    'cidata.img 644 1048576 12288 1',
    'cocoon.json 600 489 489 -',
    'config.json 600 1795 1795 -',
    'data-scratch.raw 644 67108864 0 0',
    'memory-ranges 600 536870912 28672 5',
    'overlay.qcow2 644 262304 200864 2',
    'state.json 600 64699 64699 -',
  ]);
  const disk = entries.get('data-scratch.raw')?.kept;
  assert.ok(disk !== undefined);
  assert.equal(keptBytes(disk, 67_108_864 - 512, 4096), Buffer.alloc(512));
});

test('a cloud image, compressed and plain', async () => {
  const compressed = await readArchive(inChunks(fixture('jammy_v1.tar.gz'), 1000));
  assert.ok(compressed.kind === 'ok' && compressed.compressed);
  assert.is(compressed.bytes, 10_663);
  const plain = await readArchive(fileOf(tarOf('simular_win11_v1.plain.gz')));
  assert.ok(plain.kind === 'ok' && !plain.compressed);
  assert.is(plain.bytes, 311_296);
  assert.equal(
    plain.entries.map(({ name }) => name),
    compressed.entries.map(({ name }) => name),
  );
});

test('OCI images, for Cloud Hypervisor and for Firecracker', async () => {
  assert.equal([...(await entriesIn('oci_v1.tar.gz')).values()].map(line), [
    'snapshot.json 644 539 539 -',
    'cocoon.json 600 857 857 -',
    'config.json 600 2131 2131 -',
    'cow.raw 644 10737418240 4370432 18',
    'memory-ranges 600 536870912 98304 7',
    'state.json 600 70813 70813 -',
  ]);
  const firecracker = await entriesIn('fc_v1.tar.gz');
  assert.equal([...firecracker.values()].map(line), [
    'snapshot.json 644 533 533 -',
    'cocoon.json 600 735 735 -',
    'cow.raw 644 10737418240 4370432 18',
    'mem 644 536870912 106496 7',
    'vmstate 644 18694 18694 -',
  ]);
  const vmstate = firecracker.get('vmstate')?.kept;
  assert.ok(vmstate !== undefined && keptWhole(vmstate, 18_694)?.includes('/cow.raw'));
});

test('documents are kept whole, of memory nothing', async () => {
  const entries = await entriesIn('jammy_v1.tar.gz');
  for (const name of ['snapshot.json', 'cocoon.json', 'config.json', 'state.json']) {
    const kept = entries.get(name)?.kept;
    assert.is(typeof JSON.parse(String(kept && keptWhole(kept, 2 ** 20))), 'object', name);
  }
  const memory = entries.get('memory-ranges')?.kept;
  assert.ok(memory !== undefined && memory.bytes.length === 0);
  assert.is(keptBytes(memory, 0, 1), null);
});

test("the ends of a raw disk are its own: an ext4's magic stands where it belongs", async () => {
  const disk = (await entriesIn('oci_v1.tar.gz')).get('cow.raw')?.kept;
  assert.ok(disk !== undefined);
  assert.is(keptBytes(disk, 1024 + 56, 2)?.readUInt16LE(0), 0xef53);
  assert.equal(keptBytes(disk, 10_737_418_240 - 512, 512), Buffer.alloc(512));
  assert.is(keptBytes(disk, 65_536, 1), null);
});

test("an overlay is kept whole, so that its tables can be walked: this one's are sound", async () => {
  const entry = (await entriesIn('jammy_v1.tar.gz')).get('overlay.qcow2');
  const read = entry === undefined ? null : keptReader(entry.kept);
  assert.ok(entry !== undefined && read !== null);
  const facts = await readHeader(read, Number(entry.size));
  assert.ok(facts.kind === 'qcow2');
  assert.match(String(facts.header.backing?.name), /^\/var\/lib\/cocoon\/cloudimg\/blobs\/[0-9a-f]{64}\.qcow2$/);
  assert.equal((await walkTables(read, facts.header)).problems, []);
  // Of what GNU tar unpacks, its second segment moved to where the map says.
  const digest = createHash('sha256').update(await read(0, Number(entry.size)));
  assert.is(digest.digest('hex'), '5f25668ebb479c72b00d1e6f16f3958421c568ea77f5191c21e6020d9a1919ca');
});

test('a flipped bit in the compressed one is seen, unless it changes nothing', async () => {
  const good = fixture('jammy_v1.tar.gz');
  const content = gunzipSync(good);
  let harmless = 0;
  for (let at = 0; at < good.length; at += 97) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0x10;
    const read = await readArchive(inChunks(bad, 4096));
    if (read.kind === 'malformed') continue;
    assert.ok(gunzipSync(bad).equals(content), String(at));
    harmless += 1;
  }
  assert.ok(harmless < 3, String(harmless));
});

test.run();
