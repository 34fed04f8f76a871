import { cpSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryReport, VerifyReport } from '../../lib/report/documents.js';
import { atCocoonsPathNeeds, blobcheckAtCocoonsPath, unpackRealRoot } from '../support/at-cocoons-path.js';
import { pastedWithoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a root that real cocoon and Cloud Hypervisor wrote');

const golden = 'simular/win11:v1';
const goldenId = 'EYNQX4TQBEFCQBSBP3ERVAEFBN';
const healthy = ['clone-of-clone:v1', 'imported:v1', golden];
const converted = ['debian-data:v1', 'jammy-compressed:v1', 'jammy:v1'];

function verifyAll(root: string, state: string): { status: number | null; report: VerifyReport } {
  const run = blobcheckAtCocoonsPath(root, ['verify', '--all', '--json', '--state-dir', state]);
  return { status: run.status, report: JSON.parse(run.stdout) };
}

function entryOf(report: VerifyReport, ref: string): EntryReport {
  const entry = report.snapshots.find((snapshot) => snapshot.ref === ref);
  if (entry === undefined) throw new Error(`${ref} is not in the report`);
  return entry;
}

needs(
  atCocoonsPathNeeds,
  test,
  'its healthy snapshots are allowed without a warning, converted ones once sealed',
  () => {
    const root = unpackRealRoot();
    const state = temporaryDirectory();
    const first = verifyAll(root, state);
    assert.is(first.status, 1);
    assert.is(first.report.engine, 'json');
    for (const name of healthy) {
      assert.is(entryOf(first.report, name).verdict, 'allow');
      assert.equal(entryOf(first.report, name).findings, []);
      assert.is(entryOf(first.report, name).blobs[0]?.basis, 'name');
    }
    for (const name of converted) {
      assert.is(entryOf(first.report, name).verdict, 'deny');
      assert.equal(codes(entryOf(first.report, name)), ['blob-unsealed']);
    }
    assert.is(blobcheckAtCocoonsPath(root, ['seal', '--all', '--state-dir', state]).status, 0);
    const second = verifyAll(root, state);
    assert.is(second.status, 0);
    for (const name of [...healthy, ...converted]) assert.equal(entryOf(second.report, name).findings, []);
    assert.is(entryOf(second.report, 'jammy:v1').blobs[0]?.basis, 'operator');
  },
);

function codes(entry: EntryReport): string[] {
  return entry.findings.map(({ code }) => code);
}

/** Changes one thing in the golden snapshot of a fresh copy of the root, and judges it. */
function judgeChanged(change: (snapshot: string, root: string) => void): { entry: EntryReport; status: number | null } {
  const root = unpackRealRoot();
  change(join(root, 'snapshot/localfile', goldenId), root);
  const args = ['verify', golden, '--json', '--state-dir', temporaryDirectory()];
  const run = blobcheckAtCocoonsPath(root, args);
  const report: VerifyReport = JSON.parse(run.stdout);
  return { entry: entryOf(report, golden), status: run.status };
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  assert.is.not(after, before, `nothing was changed in ${file}`);
  writeFileSync(file, after);
}

const memory = 536_870_912;

/** Changes that a clone would not survive, or a guest would profit from, and the code that must name each. */
const hostile: readonly [string, string, (snapshot: string, root: string) => void][] = [
  [
    'an entropy source that is a file of the host',
    'vm-config-host-access',
    (snapshot) => edit(join(snapshot, 'config.json'), (text) => text.replace('/dev/urandom', '/srv/tenant-b/disk.raw')),
  ],
  [
    'a debug console that writes a file of the host',
    'vm-config-host-access',
    (snapshot) =>
      edit(join(snapshot, 'config.json'), (text) =>
        text.replace('"debug_console":{"mode":"Off"', '"debug_console":{"file":"/etc/cron.d/x","mode":"File"'),
      ),
  ],
  [
    'a disk outside the store in both sidecars',
    'disk-outside-store',
    (snapshot) => {
      const path = '/var/lib/cocoon/run/cloudhypervisor/OV4T6BEXHDNLJTR3XDKX2HGLKZ/cidata.img';
      for (const file of ['cocoon.json', 'config.json']) {
        edit(join(snapshot, file), (text) => text.replace(path, '/srv/tenant-b/disk.raw'));
      }
    },
  ],
  [
    'a second spelling of a key',
    'sidecar-malformed',
    (snapshot) =>
      edit(join(snapshot, 'cocoon.json'), (text) => text.replace('{"path":', '{"Path":"/etc/shadow","path":')),
  ],
  [
    'a healthy decoy beside the overlay',
    'sidecar-mismatch',
    (snapshot) => writeFileSync(join(snapshot, 'cow.raw'), Buffer.alloc(4096)),
  ],
  [
    'guest memory that is empty',
    'memory-size-mismatch',
    (snapshot) => truncateSync(join(snapshot, 'memory-ranges'), 0),
  ],
  [
    'guest memory that is a byte short',
    'memory-size-mismatch',
    (snapshot) => truncateSync(join(snapshot, 'memory-ranges'), memory - 1),
  ],
  [
    'guest memory that is a byte long',
    'memory-size-mismatch',
    (snapshot) => truncateSync(join(snapshot, 'memory-ranges'), memory + 1),
  ],
];

/** Gives the overlay one L2 table, counted as in use, with this first entry. */
function withL2Entry(overlay: string, entry: bigint): void {
  const bytes = readFileSync(overlay);
  const clusterSize = 2 ** bytes.readUInt32BE(20);
  const l1Offset = Number(bytes.readBigUInt64BE(40));
  const refcounts = Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(48))));
  assert.is(bytes.readUInt32BE(96), 4, 'refcounts have 16 bits');
  const grown = Buffer.alloc((Math.ceil(bytes.length / clusterSize) + 1) * clusterSize);
  bytes.copy(grown);
  const l2Offset = grown.length - clusterSize;
  grown.writeUInt16BE(1, refcounts + 2 * (l2Offset / clusterSize));
  grown.writeBigUInt64BE(BigInt(l2Offset) | (1n << 63n), l1Offset);
  grown.writeBigUInt64BE(entry, l2Offset);
  writeFileSync(overlay, grown);
}

for (const [what, code, change] of hostile) {
  needs(atCocoonsPathNeeds, test, `${what} is denied with ${code}`, () => {
    const { entry, status } = judgeChanged(change);
    assert.is(status, 1);
    assert.is(entry.verdict, 'deny');
    assert.ok(codes(entry).includes(code as never), `got ${codes(entry).join(', ')}`);
  });
}

needs(atCocoonsPathNeeds, test, 'an overlay whose L2 entry leads to its own header is denied for just that', () => {
  const { entry, status } = judgeChanged((snapshot) => withL2Entry(join(snapshot, 'overlay.qcow2'), 1n << 63n));
  assert.is(status, 1);
  assert.equal(codes(entry), ['overlay-malformed']);
  assert.match(entry.findings[0]?.message ?? '', /the L2 entry at byte \d+ has flags and no offset/);
  assert.is(entry.findings[0]?.actual, 'flags-without-offset');
});

needs(atCocoonsPathNeeds, test, 'an overlay whose L2 entry leads nowhere is as good as before', () => {
  const { entry, status } = judgeChanged((snapshot) => withL2Entry(join(snapshot, 'overlay.qcow2'), 0n));
  assert.equal(codes(entry), []);
  assert.is(status, 0);
});

needs(atCocoonsPathNeeds, test, "a snapshot whose run directory is another host's is allowed", () => {
  const { entry, status } = judgeChanged((snapshot) => {
    for (const file of ['cocoon.json', 'config.json', 'state.json']) {
      edit(join(snapshot, file), (text) => text.replaceAll('/var/lib/cocoon/run/', '/srv/other-node/run/'));
    }
  });
  assert.equal(entry.findings, []);
  assert.is(status, 0);
});

needs(
  atCocoonsPathNeeds,
  test,
  'an index that lost its newest generation is read from the one before, with a warning',
  () => {
    const root = unpackRealRoot();
    const index = join(root, 'snapshot/db/snapshots.json');
    cpSync(index, `${index}.prev`);
    truncateSync(index, 100);
    const run = blobcheckAtCocoonsPath(root, ['verify', golden, '--json', '--state-dir', temporaryDirectory()]);
    const report: VerifyReport = JSON.parse(run.stdout);
    assert.is(run.status, 0);
    assert.equal(
      report.findings.map(({ code }) => code),
      ['metadata-recovered'],
    );
  },
);

needs(atCocoonsPathNeeds, test, 'a torn index without an older one is unverified, and its position is named', () => {
  const root = unpackRealRoot();
  truncateSync(join(root, 'snapshot/db/snapshots.json'), 100);
  const run = blobcheckAtCocoonsPath(root, ['verify', golden, '--state-dir', temporaryDirectory()]);
  assert.is(run.status, 3);
  assert.match(run.stdout, /metadata-unreadable: .*\n\s+at\s+\/var\/lib\/cocoon\/snapshot\/db\/snapshots\.json/);
  assert.is(run.stderr, '');
});

needs(atCocoonsPathNeeds, test, 'a blob moved away is missing, and nothing is hashed', () => {
  const { entry } = judgeChanged((_snapshot, root) => {
    const blob = join(root, 'cloudimg/blobs/f57cd62b4a0fe207d2756c213e841d6e57160ba827dc76d5ab343b1bc942a2ef.qcow2');
    renameSync(blob, `${blob}.aside`);
  });
  assert.equal(codes(entry), ['blob-missing']);
  assert.is(entry.blobs[0]?.how, null);
  assert.is(pastedWithoutPlace(entry.findings[0]?.remedy), 'blobcheck ensure simular/win11:v1');
});

test.run();
