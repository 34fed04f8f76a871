import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_MAX_AGE_MS } from '../../lib/trust/receipt-answer.js';
import { stampFacts } from '../../lib/verify/stamp-facts.js';
import { idFor } from '../builders/cocoon-root.js';
import { ociNode } from '../builders/oci-node.js';
import { overlayOn, type SmallNode, type SmallNodeSpec, smallNode, snapshotOn } from '../builders/small-node.js';
import { swap } from '../cli/seals.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { flip, forge } from './blobs.js';

const test = suite('the files that an allow rests on');

type Node = Pick<SmallNode, 'root' | 'state'>;

async function factsOf({ root, state }: Node, ref = 'app:v1', others: readonly string[] = []) {
  return await stampFacts(ref, others, { location: root.location, stateDir: state, tool: 'test' });
}

/** A node whose snapshot has been allowed. */
async function allowed(spec: SmallNodeSpec = {}): Promise<SmallNode> {
  const node = smallNode(spec);
  await settled(node.blob);
  assert.is((await verifyNode(node)).verdict, 'allow');
  return node;
}

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    ['receipts'],
    test,
    `are those that are judged, what is remembered of the base, and the ways there (${engine})`,
    async () => {
      const node = await allowed({ engine });
      const { directory } = node.root;
      const files = node.root.files('app:v1');
      const program = join(temporaryDirectory(), 'program');
      writeFileSync(program, '');
      const facts = await factsOf(node, 'app:v1', [program]);
      assert.is(facts?.id, idFor('app:v1'));
      assert.is(facts?.files.directory.path, files);
      assert.is(facts?.files.memory?.path, join(files, 'memory-ranges'));
      const paths = facts?.files.files.map(({ path }) => path) ?? [];
      const inDirectory = ['overlay.qcow2', 'cidata.img', 'cocoon.json', 'config.json', 'state.json'];
      const store = ['snapshot/localfile', 'snapshot', 'cloudimg', `cloudimg/blobs/${node.base}.qcow2`];
      const expected = [
        ...inDirectory.map((name) => join(files, name)),
        ...store.map((name) => join(directory, name)),
        ...(engine === 'json' ? [join(directory, 'snapshot/db/snapshots.json')] : []),
        join(directory, 'firmware/CLOUDHV.fd'),
        program,
      ];
      const remembered = paths.filter((path) => path.startsWith(node.state));
      assert.equal(paths.filter((path) => !remembered.includes(path)).sort(), expected.sort());
      assert.equal(
        remembered.map((path) => path.replace(/\/[0-9a-f]{64}\//, '/')),
        ['receipts', 'seals'].map((section) => join(node.state, section, `${node.base}.json`)),
      );
      const { ino, size, ctimeNs } = statSync(node.blob, { bigint: true });
      const stamped = facts?.files.files.find(({ path }) => path === node.blob);
      assert.equal(stamped, { path: node.blob, inode: ino, size, timeNs: ctimeNs });
      const times = [...(facts?.files.files ?? []), facts?.files.directory].map((file) => file?.timeNs ?? 0n);
      assert.ok(times.every((time) => (facts?.settledNs ?? 0n) > time));
      const now = Date.now() + DEFAULT_MAX_AGE_MS;
      assert.ok((facts?.until ?? 0) <= now / 1000 && (facts?.until ?? 0) > now / 1000 - 600);
      assert.is((await factsOf(node, idFor('app:v1'), [program]))?.text, facts?.text);
    },
  );
}

const changes: readonly (readonly [string, (node: SmallNode) => void])[] = [
  ['a file beside them', ({ root }) => writeFileSync(join(root.files('app:v1'), 'more'), '')],
  [
    'another file in the place of one',
    ({ root }) => swap(join(root.files('app:v1'), 'cidata.img'), Buffer.alloc(2 ** 20)),
  ],
  ['guest memory that is written to', ({ root }) => utimesSync(join(root.files('app:v1'), 'memory-ranges'), 1, 1)],
  ['another snapshot', ({ root }) => writeFileSync(join(root.directory, 'snapshot/localfile/other'), '')],
  ['other firmware', ({ root }) => swap(join(root.directory, 'firmware/CLOUDHV.fd'), Buffer.from('other'))],
];
for (const [what, change] of changes) {
  needs(['receipts'], test, `are told from those with ${what}`, async () => {
    const node = await allowed();
    const before = await factsOf(node);
    assert.is.not(before, null);
    assert.is((await factsOf(node))?.text, before?.text);
    change(node);
    const after = await factsOf(node);
    assert.is.not(after, null);
    assert.is.not(after?.text, before?.text);
  });
}

async function foundBad(node: SmallNode): Promise<void> {
  await flip(node.blob, 5 * 65_536 + 3);
  assert.is((await verifyNode(node)).verdict, 'deny');
}

/** Such a stamp would outlive what it rests on. */
const nothing: readonly (readonly [string, (node: SmallNode) => unknown])[] = [
  ['whose base is another file than the one that was read', ({ blob }) => swap(blob, overlayOn('x'))],
  ['whose base was found bad', foundBad],
  ['whose base is gone', ({ blob }) => rmSync(blob)],
  ['of whose base nothing is remembered', ({ state }) => rmSync(join(state, 'receipts'), { recursive: true })],
  ['whose seal is gone', ({ state }) => rmSync(join(state, 'seals'), { recursive: true })],
  ['whose memory is gone', ({ root }) => rmSync(join(root.files('app:v1'), 'memory-ranges'))],
  ['whose memory is in two files', ({ root }) => writeFileSync(join(root.files('app:v1'), 'memory-ranges-2'), '')],
  ['whose overlay has no base', ({ root }) => writeFileSync(join(root.files('app:v1'), 'overlay.qcow2'), 'no image')],
  ['whose directory is gone', ({ root }) => rmSync(root.files('app:v1'), { recursive: true })],
  ['whose firmware is gone', ({ root }) => rmSync(join(root.directory, 'firmware/CLOUDHV.fd'))],
  ['with a file that a shell would misread', ({ root }) => writeFileSync(join(root.files('app:v1'), 'a\nb'), '')],
  ['whose root is gone', ({ root }) => rmSync(root.directory, { recursive: true })],
  ['whose index is torn', ({ root }) => writeFileSync(join(root.directory, 'snapshot/db/snapshots.json'), '{')],
];
for (const [what, spoil] of nothing) {
  needs(['receipts'], test, `are none of a snapshot ${what}`, async () => {
    const node = await allowed();
    assert.is.not(await factsOf(node), null);
    await spoil(node);
    assert.is(await factsOf(node), null);
  });
}

needs(['receipts'], test, 'are none where nothing is remembered', async () => {
  const { root } = await allowed();
  assert.is(await stampFacts('app:v1', [], { location: root.location, stateDir: null, tool: 'test' }), null);
});

needs(['receipts'], test, 'are none of what could mean another snapshot one day, or none', async () => {
  const node = await allowed();
  for (const ref of [idFor('app:v1').slice(0, 8), 'other:v1', 'app:*', ''])
    assert.is(await factsOf(node, ref), null, ref);
});

needs(['receipts'], test, 'hold every link on the way to a program', async () => {
  const node = await allowed();
  const directory = temporaryDirectory();
  const [program, link, other] = ['program', 'link', 'other'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(program, '');
  symlinkSync('program', link);
  symlinkSync(link, other);
  const paths = (await factsOf(node, 'app:v1', [other]))?.files.files.map(({ path }) => path) ?? [];
  assert.equal(paths.slice(-3), [other, link, program]);
  rmSync(program);
  assert.is(await factsOf(node, 'app:v1', [other]), null);
});

needs(
  ['receipts', ...(existsSync('/dev/shm') ? [] : ['/dev/shm'])],
  test,
  'are none where one of them lies where times prove nothing',
  async () => {
    const state = mkdtempSync('/dev/shm/blobcheck-test-');
    try {
      const node = await allowed();
      const onDisk = temporaryDirectory();
      for (const place of [onDisk, state]) cpSync(node.state, place, { recursive: true });
      assert.is.not(await factsOf({ ...node, state: onDisk }), null);
      assert.is(await factsOf({ ...node, state }), null);
    } finally {
      rmSync(state, { recursive: true });
    }
  },
);

for (const name of ['oci:v1', 'fc:v1']) {
  needs(['receipts'], test, `are layers and boot files of an OCI image (${name})`, async () => {
    const node = ociNode();
    await settled(join(node.root.files(name), 'cow.raw'));
    await sealNode(node);
    assert.is((await verifyNode(node, { snapshots: [name] })).verdict, 'allow');
    const facts = await factsOf(node, name);
    const [lower, upper, third] = node.layers;
    const { directory } = node.root;
    const paths = new Set(facts?.files.files.map(({ path }) => path));
    const needed = [`oci/blobs/${lower}.erofs`, `oci/blobs/${upper}.erofs`, 'oci', `oci/boot/${lower}`];
    for (const one of [...needed, `oci/boot/${lower}/vmlinuz`, `oci/boot/${lower}/initrd.img`]) {
      assert.ok(paths.has(join(directory, one)), one);
    }
    assert.not.ok(paths.has(join(directory, 'oci/blobs', `${third}.erofs`)));
    assert.not.ok(paths.has(join(directory, 'firmware/CLOUDHV.fd')));
    assert.is(facts?.files.memory?.path, join(node.root.files(name), name === 'fc:v1' ? 'mem' : 'memory-ranges'));
    assert.equal([...paths].filter((path) => path.startsWith(node.state)).length, 8);
    swap(join(directory, `oci/boot/${lower}/vmlinuz`), Buffer.from('another kernel'));
    assert.is(await factsOf(node, name), null);
  });
}

/** What is remembered of a blob, as a file of the state directory. */
function fileOf({ state }: Pick<Node, 'state'>, section: 'receipts' | 'seals', blob: string): string {
  const folder = readdirSync(join(state, section)).find((name) => !name.startsWith('.')) ?? '';
  return join(state, section, folder, `${blob}.json`);
}

needs(['receipts'], test, 'are none of a base whose receipt is of another file, in whatever it differs', async () => {
  const node = await allowed();
  const receipt = fileOf(node, 'receipts', node.base);
  const { identity } = JSON.parse(readFileSync(receipt, 'utf8'));
  for (const field of ['inode', 'size', 'ctimeNs']) {
    assert.ok(field in identity, field);
    forge(receipt, { identity: { ...identity, [field]: String(BigInt(identity[field]) + 1n) } });
    assert.is(await factsOf(node), null, field);
  }
  forge(receipt, { identity });
  assert.is.not(await factsOf(node), null);
});

needs(['receipts'], test, 'end with the first of their receipts', async () => {
  const node = ociNode();
  await settled(join(node.root.files('oci:v1'), 'cow.raw'));
  await sealNode(node);
  assert.is((await verifyNode(node, { snapshots: ['oci:v1'] })).verdict, 'allow');
  const first = Math.floor(Date.now() / 1000) - 3600;
  forge(fileOf(node, 'receipts', `${node.layers[1]}.erofs`), { at: new Date(first * 1000).toISOString() });
  assert.is((await factsOf(node, 'oci:v1'))?.until, first + DEFAULT_MAX_AGE_MS / 1000);
});

needs(
  ['receipts'],
  test,
  'are at rest only when the last of them is, also where that is the directory or the memory',
  async () => {
    const node = await allowed();
    const files = node.root.files('app:v1');
    const rest = async () => (await factsOf(node))?.settledNs ?? 0n;
    // What is remembered of the base was written last.
    for (const section of ['receipts', 'seals'] as const) await settled(fileOf(node, section, node.base));
    writeFileSync(join(files, 'gone'), '');
    rmSync(join(files, 'gone'));
    const { ctimeNs } = statSync(files, { bigint: true });
    assert.ok((await rest()) > ctimeNs);
    const day = Math.floor(Date.now() / 1000) + 86_400;
    utimesSync(join(files, 'memory-ranges'), day, day);
    assert.ok((await rest()) > BigInt(day) * 1_000_000_000n);
  },
);

needs(['receipts'], test, 'leave an index out that cocoon writes at every clone', async () => {
  const edit = ({ record }: { record: Record<string, unknown> }) =>
    Object.assign(record, { last_accessed_at: '2026-11-01T00:00:00Z' });
  const node = smallNode({ more: (base, blob) => [snapshotOn('seen:v1', base, blob, { edit })] });
  await settled(node.blob);
  assert.is((await verifyNode(node, { snapshots: ['app:v1', 'seen:v1'] })).verdict, 'allow');
  const index = join(node.root.directory, 'snapshot/db/snapshots.json');
  for (const [ref, isListed] of [
    ['app:v1', true],
    ['seen:v1', false],
  ] as const) {
    const facts = await factsOf(node, ref);
    assert.is(
      facts?.files.files.some(({ path }) => path === index),
      isListed,
      ref,
    );
  }
});

needs(['receipts'], test, 'are had of a machine that says nothing of how it starts', async () => {
  const node = await allowed();
  const config = join(node.root.files('app:v1'), 'config.json');
  const { payload: _, ...rest } = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify(rest));
  const facts = await factsOf(node);
  assert.is.not(facts, null);
  assert.not.ok(facts?.files.files.some(({ path }) => path.endsWith('CLOUDHV.fd')));
});

needs(['receipts'], test, 'hold the file that a link leads to whose text goes up behind another link', async () => {
  const node = await allowed();
  const [here, there] = [temporaryDirectory(), temporaryDirectory()];
  mkdirSync(join(there, 'sub'));
  symlinkSync(join(there, 'sub'), join(here, 'up'));
  symlinkSync('up/../program', join(here, 'link'));
  for (const directory of [here, there]) writeFileSync(join(directory, 'program'), '');
  await settled(join(there, 'program'));
  const files = (await factsOf(node, 'app:v1', [join(here, 'link')]))?.files.files ?? [];
  const [link, program] = files.slice(-2);
  assert.equal([link?.path, program?.path], [join(here, 'link'), `${here}/up/../program`]);
  assert.is(program?.inode, lstatSync(join(there, 'program'), { bigint: true }).ino);
});

needs(['receipts'], test, 'hold as many links as Linux follows', async () => {
  const node = await allowed();
  const directory = temporaryDirectory();
  const links = Array.from({ length: 39 }, (_, at) => join(directory, `link-${at}`));
  const program = join(directory, 'program');
  writeFileSync(program, '');
  for (const [at, link] of links.entries()) symlinkSync(links[at + 1] ?? program, link);
  const paths = (await factsOf(node, 'app:v1', [links[0] ?? '']))?.files.files.map(({ path }) => path) ?? [];
  assert.equal(paths.slice(-40), [...links, program]);
});

test('a mistake of ours is none of what is on the disk', async () => {
  const location = Promise.reject(new TypeError('ours'));
  try {
    await stampFacts('app:v1', [], { location, stateDir: temporaryDirectory(), tool: 'test' });
    assert.unreachable('nothing was thrown');
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

needs(['receipts'], test, 'leave nothing open', async () => {
  const node = await allowed({ engine: 'sqlite' });
  const open = () => readdirSync('/proc/self/fd').length;
  await factsOf(node);
  const before = open();
  for (let looks = 0; looks < 3; looks += 1) assert.is.not(await factsOf(node), null);
  assert.is(open(), before);
});

test.run();
