/** A snapshot from a host that wants to get at ours. Rows that the incidents and the real roots hold are not held here again. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildQcow2, type Qcow2Spec } from '../builders/qcow2.js';
import { baseBytes, diskBytes, overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf, program, verifyJson } from '../support/blobcheck.js';
import { peakMemory } from '../support/peak-memory.js';
import { needs } from '../support/requires.js';
import { startedBy } from '../support/started.js';
import { temporaryDirectory } from '../support/temporary.js';
import { traced } from '../support/traced.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('threats: a hostile snapshot');

/** A node whose snapshots have these overlays, by their names. */
function nodeWith(overlays: Readonly<Record<string, (blob: string) => Buffer>>, content?: string): SmallNode {
  const more = (base: string, blob: string) =>
    Object.entries(overlays).map(([name, overlay]) => snapshotOn(name, base, blob, { overlay: overlay(blob) }));
  return smallNode({ more, ...(content === undefined ? {} : { content }) });
}

/** The codes of each snapshot that is not the healthy one. */
function judged(node: SmallNode): Record<string, readonly string[]> {
  const { report } = verifyJson([...node.options, '--all']);
  const healthy = report.snapshots.find(({ name }) => name === 'app:v1');
  assert.is(healthy?.verdict, 'allow', JSON.stringify(healthy?.findings));
  return Object.fromEntries(
    report.snapshots.filter((entry) => entry !== healthy).map((entry) => [entry.name, codesOf(entry)]),
  );
}

const verifyAll = (node: SmallNode) => [process.execPath, program, 'verify', '--all', ...node.options];

needs(
  ['strace'],
  test,
  'a base outside the store is denied by its name alone: nothing that an overlay names is opened',
  () => {
    const place = temporaryDirectory();
    const theirs = join(place, 'tenant-b.qcow2');
    writeFileSync(theirs, baseBytes('secret'));
    const outside: Readonly<Record<string, (blob: string) => string>> = {
      'a file of the host': () => '/etc/shadow',
      'a device': () => '/dev/sda',
      'another tenant': () => theirs,
      'up and out': (blob) => `${blob}/../../../../..${theirs}`,
      'a link in the store': (blob) => blob.replace(/blobs.*/, 'temp/link/x.qcow2'),
      'the process itself': () => '/proc/self/cwd/x.qcow2',
    };
    const overlays = Object.entries(outside).map(([what, name]) => [what, (blob: string) => overlayOn(name(blob))]);
    const node = nodeWith(Object.fromEntries(overlays));
    symlinkSync(place, join(node.root.directory, 'cloudimg/temp/link'));
    for (const codes of Object.values(judged(node))) assert.equal(codes, ['backing-outside-store']);
    const { calls } = traced(verifyAll(node), '%file,openat,open');
    assert.ok(calls.some((call) => call.includes(node.blob)));
    const looked = calls.filter((call) => /shadow|\/dev\/sda|tenant-b|temp\/link|self\/cwd/.test(call));
    assert.equal(looked, []);
  },
);

needs(
  ['strace', 'mkfifo'],
  test,
  'an overlay that would keep qemu-img busy (a server, a pipe, a cycle) is denied, and no program is started for it',
  () => {
    const place = temporaryDirectory();
    const [pipe, cycle] = [join(place, 'pipe'), join(place, 'cycle.qcow2')];
    execFileSync('mkfifo', [pipe]);
    writeFileSync(cycle, overlayOn(cycle));
    const node = nodeWith({
      nbd: () => overlayOn('nbd:192.0.2.1:10809'),
      json: () => overlayOn('json:{"driver":"nbd","host":"192.0.2.1"}'),
      file: () => overlayOn('file:/etc/shadow'),
      pipe: () => overlayOn(pipe),
      cycle: () => overlayOn(cycle),
    });
    assert.equal(judged(node), {
      cycle: ['backing-outside-store'],
      file: ['backing-not-a-path'],
      json: ['backing-not-a-path'],
      nbd: ['backing-not-a-path'],
      pipe: ['backing-outside-store'],
    });
    const { programs } = startedBy(verifyAll(node), { PATH: '/usr/bin:/bin' });
    assert.equal(
      programs.filter((name) => !['node', 'flock', 'dd'].includes(name)),
      [],
    );
  },
);

test('a base whose format is not named is denied where it is raw: what a guest wrote there would become a header', () => {
  // What a guest writes at the beginning of its disk: an image of its own with a file of the host below it.
  const written = buildQcow2({ virtualSize: diskBytes, backing: { name: '/etc/shadow', format: 'raw' } });
  const raw = smallNode({ snapshot: (_base, blob) => ({ overlay: overlayOn(blob, null) }) });
  assert.equal(
    codesOf(verifyJson([...raw.options, 'app:v1']).report.snapshots[0]),
    [],
    'over a sound blob it is harmless',
  );
  writeFileSync(`${raw.blob}.new`, Buffer.concat([Buffer.from('MBR'), Buffer.alloc(70_000)]));
  renameSync(`${raw.blob}.new`, raw.blob);
  rmSync(raw.state, { recursive: true });
  const codes = codesOf(verifyJson([...raw.options, 'app:v1']).report.snapshots[0]);
  assert.ok(codes.includes('backing-format-missing') || codes.includes('blob-size-mismatch'), codes.join());
  writeFileSync(`${raw.blob}.new`, written);
  renameSync(`${raw.blob}.new`, raw.blob);
  const { status } = verifyJson([...raw.options, 'app:v1']);
  assert.is(status, 1);
});

test('an external data file is denied, whether a feature bit or an extension names it', () => {
  const dataFile = { type: 0x44415441, data: Buffer.from('/etc/shadow') };
  const overlay = (more: Partial<Qcow2Spec>) => (blob: string) =>
    buildQcow2({ virtualSize: diskBytes, backing: { name: blob, format: 'qcow2' }, incompatible: 1n, ...more });
  const found = judged(
    nodeWith({
      bit: overlay({ incompatible: 5n }),
      extension: overlay({ extensions: [dataFile] }),
      both: overlay({ incompatible: 5n, extensions: [dataFile] }),
    }),
  );
  for (const [name, codes] of Object.entries(found))
    assert.ok(codes.includes('external-data-file'), `${name}: ${codes}`);
  assert.is(Object.keys(found).length, 3);
});

/** One field of a header each, as far from the truth as it goes: offset, width and value. */
const absurd: Readonly<Record<string, readonly [offset: number, width: 4 | 8, value: bigint]>> = {
  'a backing name beyond the file': [8, 8, 2n ** 62n],
  'a backing name of 4 GiB': [16, 4, 2n ** 32n - 1n],
  'a backing name of 1024 bytes': [16, 4, 1024n],
  'clusters of 2^40 bytes': [20, 4, 40n],
  'clusters of a byte': [20, 4, 0n],
  'a disk of 16 EiB': [24, 8, 2n ** 64n - 1n],
  'an L1 table of 2^32 entries': [36, 4, 2n ** 32n - 1n],
  'no L1 table': [36, 4, 0n],
  'an L1 table beyond the file': [40, 8, 2n ** 62n],
  'a refcount table beyond the file': [48, 8, 2n ** 62n],
  'a refcount table of 2^32 clusters': [56, 4, 2n ** 32n - 1n],
  '2^32 snapshots': [60, 4, 2n ** 32n - 1n],
  'snapshots beyond 2^63': [64, 8, 2n ** 63n],
  'refcounts of 2^32 bits': [96, 4, 2n ** 32n - 1n],
  'a header of 4 GiB': [100, 4, 2n ** 32n - 8n],
  'an extension of 4 GiB': [116, 4, 2n ** 32n - 1n],
};

test('an absurd header is denied in bounded memory, whatever it claims, and wherever the file ends', () => {
  const healthy = (blob: string) => overlayOn(blob);
  const changed = Object.entries(absurd).map(([what, [offset, width, value]]) => {
    const overlay = (blob: string) => {
      const bytes = healthy(blob);
      if (width === 4) bytes.writeUInt32BE(Number(value), offset);
      else bytes.writeBigUInt64BE(value, offset);
      return bytes;
    };
    return [what, overlay] as const;
  });
  const cut = [0, 3, 72, 111, 112, 200, 65_535].map(
    (length) => [`cut to ${length} bytes`, (blob: string) => healthy(blob).subarray(0, length)] as const,
  );
  const node = nodeWith(Object.fromEntries([...changed, ...cut]));
  const found = judged(node);
  assert.is(Object.keys(found).length, changed.length + cut.length);
  for (const [what, codes] of Object.entries(found)) {
    assert.ok(codes[0] === 'overlay-malformed' || codes[0] === 'overlay-unsupported', `${what}: ${codes}`);
  }
  const words = (name: string) => ['verify', '--max-age', '0', ...node.options, name];
  const usual = peakMemory(words('app:v1'));
  assert.ok(peakMemory(words('*')) < usual + 64 * 2 ** 20);
});

needs(['root', 'mknod'], test, 'a device in the place of a base is refused by what it is, and not read', () => {
  const node = smallNode();
  rmSync(node.blob);
  // It would never come to an end.
  execFileSync('mknod', [node.blob, 'c', '1', '5']);
  const [entry] = verifyJson([...node.options, 'app:v1']).report.snapshots;
  assert.equal(codesOf(entry), ['blob-not-regular']);
  assert.is(entry?.findings[0]?.actual, 'character device');
});

/** Keys that Go takes for one of its own, or takes the last of; JavaScript takes exact ones. */
const spellings: Readonly<Record<string, readonly [before: string, inserted: string]>> = {
  'another case': ['"path":', '"Path":"/etc/shadow",'],
  capitals: ['"path":', '"PATH":"/etc/shadow",'],
  'the same twice': ['"path":', '"path":"/etc/shadow",'],
  'the same twice, once in escapes': ['"path":', '"p\\u0061th":"/etc/shadow",'],
  'a long s for an s': ['"path":', '"\u017ferial":"/etc/shadow",'],
};
/** And of the document itself, by the file. */
const outer = { 'cocoon.json': '"\u017ftorage_configs":[],', 'config.json': '"Disks":[],' };

test('a second spelling of a key that Go would read, or a repeated key, in either sidecar is denied', async () => {
  const node = smallNode();
  for (const file of ['cocoon.json', 'config.json'] as const) {
    const path = join(node.root.files('app:v1'), file);
    const text = readFileSync(path, 'utf8');
    const changed = Object.entries(spellings).map(([what, [before, inserted]]) => {
      return [what, text.replace(before, `${inserted}${before}`)] as const;
    });
    for (const [what, hostile] of [...changed, ['the document', text.replace('{', `{${outer[file]}`)] as const]) {
      assert.is.not(hostile, text);
      writeFileSync(path, hostile);
      const [entry] = (await verifyNode(node)).snapshots;
      assert.is(entry?.verdict, 'deny', `${file}: ${what}`);
      assert.ok(codesOf(entry).includes('sidecar-malformed'), `${file}: ${what}: ${codesOf(entry)}`);
    }
    writeFileSync(path, text);
    assert.is((await verifyNode(node)).verdict, 'allow');
  }
});

test('a root that is full of what is hostile is judged to its end, and nothing is left in it', () => {
  const node = nodeWith({
    a: () => overlayOn('/etc/shadow'),
    b: () => Buffer.alloc(10),
    c: () => overlayOn('nbd:x:1'),
  });
  const names = () => readdirSync(node.root.directory, { recursive: true, encoding: 'utf8' }).sort();
  const before = names();
  assert.is(Object.keys(judged(node)).length, 3);
  assert.equal(names(), before);
});

test.run();
