import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArchiveFile, buildGzip, buildTar, sparseFile } from '../builders/archive.js';
import { overlayOn, type SmallNode, smallNode } from '../builders/small-node.js';
import { blobcheck, codesOf, program, verifyJson } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck verify --archive');

interface Export {
  readonly node: SmallNode;
  /** The record, then the files: as they would stand in the archive. */
  readonly first: ArchiveFile;
  readonly files: readonly ArchiveFile[];
}

/** What `snapshot export` would write of a small node's snapshot; the snapshot itself is not there any more. */
function exportOf(node = smallNode()): Export {
  const directory = node.root.files('app:v1');
  const { snapshots } = JSON.parse(readFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), 'utf8'));
  const [record] = Object.values(snapshots) as [Record<string, unknown>];
  const { data_dir: _, created_at: __, ...config } = record;
  const files = readdirSync(directory).map((name): ArchiveFile => {
    const path = join(directory, name);
    return name === 'memory-ranges' ? sparseFile(name, statSync(path).size, []) : { name, content: readFileSync(path) };
  });
  rmSync(directory, { recursive: true });
  return { node, first: { name: 'snapshot.json', content: JSON.stringify({ config, version: 1 }, null, 2) }, files };
}

function verdictOn({ node, first, files }: Export, pack: typeof buildTar = buildTar) {
  const path = join(temporaryDirectory(), 'app.tar');
  writeFileSync(path, pack({ first: [first], files }));
  const { status, report } = verifyJson([...node.options, '--archive', path]);
  return { status, entry: report.snapshots[0] };
}

test('an archive as cocoon writes it is allowed, plain and compressed, and nothing is unpacked', () => {
  const made = exportOf();
  const before = readdirSync(made.node.root.directory, { recursive: true });
  for (const pack of [buildTar, buildGzip]) {
    const { status, entry } = verdictOn(made, pack);
    assert.equal(codesOf(entry), []);
    assert.equal([status, entry?.id, entry?.name, entry?.verdict], [0, null, 'app:v1', 'allow']);
  }
  assert.equal(readdirSync(made.node.root.directory, { recursive: true }), before);
});

test('of an archive that is not there the path is what is to be looked at', () => {
  const { status, report } = verifyJson([...smallNode().options, '--archive', '/nowhere/app.tar']);
  assert.is(status, 3);
  assert.equal(codesOf(report.snapshots[0]), ['file-unreadable']);
  assert.is(report.snapshots[0]?.findings[0]?.remedy, 'Check the path of the archive.');
});

const withFile = (made: Export, name: string, change: (file: ArchiveFile) => ArchiveFile | null): Export => ({
  ...made,
  files: made.files.flatMap((file) => (file.name === name ? (change(file) ?? []) : [file])),
});
const withText = (made: Export, name: string, change: (text: string) => string): Export =>
  withFile(made, name, (file) => ({ ...file, content: change(String(file.content)) }));

const damages: readonly (readonly [string, string, (made: Export) => Export])[] = [
  [
    'an entry that is a link',
    'archive-malformed',
    (made) => ({ ...made, files: [...made.files, { name: 'x', type: '2' }] }),
  ],
  ['a name that leads out', 'archive-malformed', (made) => ({ ...made, files: [...made.files, { name: '../x' }] })],
  ['a file twice', 'archive-malformed', (made) => ({ ...made, files: [...made.files, ...made.files.slice(0, 1)] })],
  ['no record in front', 'archive-malformed', (made) => ({ ...made, first: { name: 'other', content: 'x' } })],
  ['a record that is no JSON', 'sidecar-malformed', (made) => ({ ...made, first: { ...made.first, content: '{' } })],
  [
    'a record of a version that nobody knows',
    'snapshot-unsupported',
    (made) => ({ ...made, first: { ...made.first, content: '{"config":{},"version":2}' } }),
  ],
  [
    'a record of another base',
    'digest-mismatch',
    (made) => ({
      ...made,
      first: {
        ...made.first,
        content: String(made.first.content).replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`),
      },
    }),
  ],
  ['no overlay', 'snapshot-file-missing', (made) => withFile(made, 'overlay.qcow2', () => null)],
  ['no sidecar', 'snapshot-file-missing', (made) => withFile(made, 'cocoon.json', () => null)],
  [
    'a sidecar that two read differently',
    'sidecar-malformed',
    (made) => withText(made, 'cocoon.json', (text) => text.replace('{"path":', '{"Path":"x","path":')),
  ],
  [
    'an entropy source of the host',
    'vm-config-host-access',
    (made) => withText(made, 'config.json', (text) => text.replace('/dev/urandom', '/etc/shadow')),
  ],
  [
    'memory that is a byte short',
    'memory-size-mismatch',
    (made) => withFile(made, 'memory-ranges', () => sparseFile('memory-ranges', 536_870_911, [])),
  ],
  [
    'an overlay on a file of the host',
    'backing-outside-store',
    (made) => withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: overlayOn('/etc/shadow') })),
  ],
  [
    'an overlay that names a socket',
    'backing-not-a-path',
    (made) => withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: overlayOn('nbd:127.0.0.1:1') })),
  ],
  [
    'an overlay with a damaged header',
    'overlay-malformed',
    (made) =>
      withFile(made, 'overlay.qcow2', (file) => {
        const content = Buffer.from(file.content as Buffer);
        content.writeUInt32BE(40, 20);
        return { ...file, content };
      }),
  ],
  [
    'a disk that begins as another format',
    'raw-disk-probed',
    (made) =>
      withFile(made, 'cidata.img', (file) => ({
        ...file,
        content: Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), (file.content as Buffer).subarray(4)]),
      })),
  ],
  [
    'a disk of another size',
    'raw-size-mismatch',
    (made) => withFile(made, 'cidata.img', (file) => ({ ...file, content: (file.content as Buffer).subarray(512) })),
  ],
  [
    'a base that this node does not have',
    'blob-missing',
    (made) => {
      rmSync(made.node.blob);
      return made;
    },
  ],
];
test('of an overlay that is too large to be kept the header is judged, and the allow says that the rest was not', () => {
  const large = (content: Buffer) => Buffer.concat([content, Buffer.alloc(9 * 2 ** 20, 1)]);
  const made = withFile(exportOf(), 'overlay.qcow2', (file) => ({ ...file, content: large(file.content as Buffer) }));
  const { status, entry } = verdictOn(made);
  assert.equal([status, codesOf(entry)], [0, ['overlay-tables-unread']]);
  const outside = withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: large(overlayOn('/etc/shadow')) }));
  assert.ok(codesOf(verdictOn(outside).entry).includes('backing-outside-store'));
});

for (const [what, code, damage] of damages) {
  test(`not allowed: ${what}`, () => {
    const { status, entry } = verdictOn(damage(exportOf()));
    assert.is(status, code === 'snapshot-unsupported' ? 3 : 1);
    assert.ok(codesOf(entry).includes(code), codesOf(entry).join(', '));
  });
}

test('an archive that is not there, or is a directory, is unverified; a cut one is denied with the entry’s name', () => {
  const made = exportOf();
  for (const path of ['/nowhere.tar', '/']) {
    const { status, report } = verifyJson([...made.node.options, '--archive', path]);
    assert.is(status, 3);
    assert.is(report.snapshots[0]?.verdict, 'unverified');
  }
  const path = join(temporaryDirectory(), 'cut.tar');
  writeFileSync(path, buildTar({ first: [made.first], files: made.files }).subarray(0, -4096));
  const { status, report } = verifyJson([...made.node.options, '--archive', path]);
  assert.is(status, 1);
  assert.equal(codesOf(report.snapshots[0]), ['archive-malformed']);
});

test('standard input is one archive, and called so', () => {
  const { node, first, files } = exportOf();
  const input = buildGzip({ first: [first], files });
  const words = [program, 'verify', '--archive', '-', ...node.options];
  const run = spawnSync(process.execPath, words, { input, encoding: 'utf8' });
  assert.is(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout, 'allow       standard input');
  assert.is(blobcheck(['verify', '--archive', '-', '-', ...node.options]).status, 2);
});

test.run();
