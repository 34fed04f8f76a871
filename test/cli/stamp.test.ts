import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { type SmallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { startedBy } from '../support/started.js';
import { temporaryDirectory } from '../support/temporary.js';
import { hookEnvironment } from './hooked.js';
import { ask, cloneAndRemove, directoryOf, rootOf, stampOf, traced, WARM, warmNode } from './warm.js';

const test = suite('the memory of the hook');
const guard = fileURLToPath(new URL('../../bin/cocoon-guard', import.meta.url));
const here = (name: string, run: () => void) => needs(['strace', 'receipts'], test, name, run);

const isWarm = (node: SmallNode, env: NodeJS.ProcessEnv = {}, ref = 'app:v1'): boolean => {
  const { programs, status } = traced(node, env, ref);
  return status === 0 && programs.join() === WARM.join();
};

for (const engine of ['json', 'sqlite'] as const) {
  here(`${engine}: ten clones in a row each find it warm: sh and stat are started, nothing else`, () => {
    const accessed = (id: string) => ({ ...recordOf(node, id), last_accessed_at: new Date().toISOString() });
    const node = warmNode({ engine });
    if (engine === 'json') {
      // A cocoon that writes this rewrites the index at every clone; the first time is news.
      putRow(rootOf(node), engine, 'snapshots', idOf(node), accessed(idOf(node)));
      assert.is(ask(node).status, 0);
    }
    for (let number = 1; number <= 10; number++) {
      const { programs, status, stderr } = traced(node);
      assert.equal([status, stderr, programs], [0, '', WARM]);
      cloneAndRemove(node, number);
      if (engine === 'json') putRow(rootOf(node), engine, 'snapshots', idOf(node), accessed(idOf(node)));
      else putRow(rootOf(node), engine, 'cloud-hypervisor-vms', `VM${number}`, {});
    }
  });
}

const idOf = (node: SmallNode): string => directoryOf(node).split('/').at(-1) ?? '';

function recordOf(node: SmallNode, id: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(rootOf(node), 'snapshot/db/snapshots.json'), 'utf8')).snapshots[id];
}

/** A file that is run as cocoon, and what vk-cocoon calls it with. */
function cocoonStub(): string {
  const path = join(temporaryDirectory(), 'cocoon');
  writeFileSync(path, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  return path;
}
const clone = (node: SmallNode) => {
  const flags = ['--output', 'json', '--name', 'n', '--cpu', '2', '--memory', '1024', '--pull', '--on-demand'];
  return ['vm', 'clone', '--root-dir', rootOf(node), ...flags, 'app:v1'];
};

here('through the guard, too: then cocoon is run, and nothing else', () => {
  const node = warmNode();
  const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state, BLOBCHECK_COCOON: cocoonStub() });
  const words = ['sh', guard, ...clone(node)];
  const cold = startedBy(words, env);
  assert.is(cold.status, 0, cold.stderr);
  assert.ok(cold.programs.length > WARM.length + 1);
  const warm = startedBy(words, env);
  assert.equal([warm.status, warm.stderr, warm.programs], [0, '', [...WARM, 'cocoon']]);
  for (const { stdout } of [cold, warm]) assert.match(stdout, '--pull --pull=false --on-demand app:v1\n');
});

needs(['strace', 'receipts', 'mount-namespace'], test, "with root's settings, whose owner the same stat shows", () => {
  const node = warmNode();
  const etc = temporaryDirectory();
  const settings = join(etc, 'blobcheck/blobcheck.conf');
  mkdirSync(join(etc, 'blobcheck'));
  chmodSync(etc, 0o755);
  const keys = { BLOBCHECK_COCOON: cocoonStub(), BLOBCHECK_NODE: process.execPath, BLOBCHECK_STATE_DIR: node.state };
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(settings, `# settings\n${lines.join('')}`);
  const script = 'mount --bind "$0" /etc && exec strace -f --seccomp-bpf -qq -z -e trace=execve -o "$@"';
  const trace = join(temporaryDirectory(), 'trace');
  const run = () => {
    const words = ['--map-root-user', '--mount', 'sh', '-c', script, etc, trace, 'sh', guard, ...clone(node)];
    const ended = spawnSync('unshare', words, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
    const started = [...readFileSync(trace, 'utf8').matchAll(/execve\("[^"]*?([^"/]*)"/g)].map(([, name]) => name);
    return { status: ended.status, stderr: ended.stderr, started };
  };
  assert.is(run().status, 0);
  assert.equal(run(), { status: 0, stderr: '', started: [...WARM, 'cocoon'] });
  // Other settings are another question; those that others can write are none.
  appendFileSync(settings, 'BLOBCHECK_PULL_POLICY[ci/*]=Never\n');
  assert.ok(run().started.includes('node'));
  assert.equal(run().started, [...WARM, 'cocoon']);
  chmodSync(settings, 0o666);
  const ignored = run();
  assert.match(ignored.stderr, 'is ignored');
  assert.not.equal(ignored.started, [...WARM, 'cocoon']);
});

here('its warnings are told again', () => {
  const node = warmNode();
  editRecord(node, { image_blob_ids: {} });
  const first = ask(node);
  assert.match(first.stderr, /^blobcheck: blob-unpinned: /);
  const { programs, stderr } = traced(node);
  assert.equal(programs, WARM);
  assert.is(stderr.trimEnd(), first.stderr.trimEnd());
});

/** Changes after which the script must not answer by itself; a full check may allow or deny. */
const changes: readonly (readonly [what: string, change: (node: SmallNode) => void])[] = [
  ...['overlay.qcow2', 'config.json', 'state.json', 'cocoon.json', 'cidata.img'].flatMap(
    (name): [string, (node: SmallNode) => void][] => [
      [`a byte of ${name} is flipped and its times are put back`, (node) => keepTimes(fileOf(node, name), flipLast)],
      [`${name} is replaced by a copy`, (node) => replaceByCopy(fileOf(node, name))],
      [`${name} gets other rights`, (node) => chmodSync(fileOf(node, name), 0o600)],
      [`${name} is gone`, (node) => rmSync(fileOf(node, name))],
    ],
  ),
  ['guest memory is cut short', (node) => truncateSync(fileOf(node, 'memory-ranges'), 4096)],
  ['guest memory is another file', (node) => replaceByCopy(fileOf(node, 'memory-ranges'))],
  ['guest memory has another mtime', (node) => utimesSync(fileOf(node, 'memory-ranges'), 1, 1)],
  ['a file is added', (node) => writeFileSync(fileOf(node, 'more'), '')],
  ['a byte of the base is flipped and its times are put back', (node) => keepTimes(node.blob, flipLast)],
  ['the base is replaced by a copy with its times', (node) => keepTimes(node.blob, replaceByCopy)],
  ['the base is gone', (node) => rmSync(node.blob)],
  ['the base is a link', (node) => linkInstead(node.blob)],
  ['the firmware is gone', (node) => rmSync(join(rootOf(node), 'firmware/CLOUDHV.fd'))],
  ['the receipt is gone', (node) => rmSync(rememberedOf(node, 'receipts'))],
  ['the seal is gone', (node) => rmSync(rememberedOf(node, 'seals'))],
  ['a snapshot is saved or removed', (node) => mkdirSync(join(rootOf(node), 'snapshot/localfile/OTHER'))],
  ['the record says something else', (node) => editRecord(node, { image_digest: `sha256:${'ab'.repeat(32)}` })],
  ['the record is pending', (node) => editRecord(node, { pending: true })],
  ['the name leads elsewhere', (node) => putRow(rootOf(node), 'json', 'names', 'app:v1', 'OTHER')],
  ['a database appears', (node) => put(rootOf(node), 'meta/meta.db')],
  ['a conversion begins', (node) => put(rootOf(node), 'meta/meta-convert.manifest')],
  ['the root is another one', (node) => swapRoot(node)],
];

for (const [what, change] of changes) {
  here(`no answer is repeated when ${what}`, () => {
    const node = warmNode();
    const program = ask(node);
    assert.is(program.status, 0);
    change(node);
    const { programs, status } = traced(node);
    assert.ok(programs.length > WARM.length, programs.join());
    // The verdict of the hook is that of the full check.
    const full = blobcheck(['verify', '--max-age', '0', ...node.options, 'app:v1']);
    assert.is(status === 0, full.status === 0);
  });
}

here('rot that is found through another snapshot ends it', () => {
  const node = warmNode({ more: (base, blob) => [snapshotOn('other:v1', base, blob)] });
  chmodSync(node.blob, 0o644);
  flipLast(node.blob);
  rmSync(rememberedOf(node, 'receipts'));
  assert.is(ask(node, {}, 'other:v1').status, 1);
  assert.is(ask(node).status, 1);
});

const environments: readonly (readonly [string, NodeJS.ProcessEnv])[] = [
  ['sections are allowed', { BLOBCHECK_ALLOW_VM_SECTIONS: 'vsock' }],
  ['a pull policy is set', { BLOBCHECK_PULL_POLICY: 'Never' }],
  ['the engine is set', { COCOON_META_BACKEND: 'json' }],
  ['the run directory is another one', { COCOON_RUN_DIR: '/run/x' }],
  ['the hypervisor is another one', { COCOON_CH_BINARY: process.execPath }],
  ['the cocoon is another one', { BLOBCHECK_COCOON: process.execPath }],
];
for (const [what, env] of environments) {
  here(`it answers nobody for whom ${what}`, () => {
    const node = warmNode();
    assert.is(isWarm(node), true);
    assert.is(isWarm(node, env), false);
    assert.is(isWarm(node, env), true, 'and then it does');
    assert.is(isWarm(node), false);
  });
}

for (const program of ['qemu-img', 'cocoon', 'cloud-hypervisor']) {
  here(`it ends when there is another ${program}`, () => {
    const directory = temporaryDirectory();
    const path = join(directory, program);
    const install = () => {
      writeFileSync(`${path}.new`, '#!/bin/sh\n', { mode: 0o755 });
      renameSync(`${path}.new`, path);
    };
    install();
    const env = { PATH: `${directory}:/usr/bin:/bin` };
    const node = warmNode();
    assert.is(ask(node, env).status, 0);
    assert.is(isWarm(node, env), true);
    install();
    assert.is(isWarm(node, env), false);
    rmSync(path);
    assert.is(isWarm(node, env), false);
  });
}

const damages: readonly (readonly [what: string, damage: (stamp: string) => void, reason: string])[] = [
  ['is cut short', (stamp) => truncateSync(stamp, statSync(stamp).size - 10), 'it is damaged'],
  ['lacks its last byte', (stamp) => truncateSync(stamp, statSync(stamp).size - 1), 'it is damaged'],
  ['lacks its second half', (stamp) => truncateSync(stamp, Math.floor(statSync(stamp).size / 2)), 'it is damaged'],
  ['would end later', (stamp) => edit(stamp, /^valid (\d+) \d+/m, 'valid $1 9999999999'), 'it is damaged'],
  ['lacks a file', (stamp) => edit(stamp, /^f .* overlay\.qcow2\n/m, ''), 'it is damaged'],
  ['is a link', linkInstead, 'it is a link'],
  ['can be written by others', (stamp) => chmodSync(stamp, 0o646), 'others can write it'],
  ['is from the future', (stamp) => edit(stamp, /^(valid|end) \d+/gm, '$1 4000000000'), 'it is from the future'],
];
for (const [what, damage, reason] of damages) {
  here(`one that ${what} is ignored with one line, and left anew`, () => {
    const node = warmNode();
    const stamp = stampOf(node);
    damage(stamp);
    const { programs, status, stderr } = traced(node);
    assert.is(status, 0);
    assert.ok(programs.length > WARM.length);
    assert.is(stderr.split('\n').filter((line) => line.includes(`${stamp} is ignored: ${reason}`)).length, 1, stderr);
  });
}

needs(['strace', 'receipts', 'root'], test, 'one of another user is ignored', () => {
  const node = warmNode();
  chownSync(stampOf(node), 65534, 65534);
  const { programs, stderr } = traced(node);
  assert.ok(programs.length > WARM.length);
  assert.match(stderr, 'others can write it');
});

here('no byte of it can be another without Node being asked', () => {
  const node = warmNode();
  const stamp = stampOf(node);
  const bytes = readFileSync(stamp);
  const start = bytes.indexOf('\n') - 40;
  // Every 37th, with another bit each time: all kinds of fields are among them.
  for (let at = start; at < bytes.length; at += 37) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 7)), at);
    writeFileSync(stamp, flipped);
    assert.is(isWarm(node), false, `byte ${at}`);
  }
});

for (const [what, ref] of [
  ['a prefix of an id', (node: SmallNode) => idOf(node).slice(0, 8)],
  ['a name that no file may have', () => 'app v1'],
] as const) {
  here(`${what} leaves none`, () => {
    const node = warmNode();
    const before = readdirSync(join(node.state, 'stamps'));
    ask(node, {}, ref(node));
    assert.equal(readdirSync(join(node.state, 'stamps')), before);
  });
}

here('names that differ in a slash have stamps of their own, and none answers for another', () => {
  const node = warmNode({ more: (base, blob) => ['a/b', 'a:b', 'a.b'].map((name) => snapshotOn(name, base, blob)) });
  for (const name of ['a/b', 'a:b', 'a.b']) assert.is(ask(node, {}, name).status, 0);
  for (const name of ['a/b', 'a:b', 'a.b']) assert.is(isWarm(node, {}, name), true, name);
  copyFileSync(stampOf(node, 'a:b'), stampOf(node, 'a.b'));
  assert.is(isWarm(node, {}, 'a.b'), false);
});

here('one of another root with the same snapshot name answers nothing', () => {
  const [node, other] = [warmNode(), warmNode({ content: 'other' })];
  copyFileSync(stampOf(other), stampOf(node));
  assert.is(isWarm(node), false);
  assert.is(isWarm(node), true);
});

here('where it cannot be left the verdict stands', () => {
  const node = warmNode();
  rmSync(join(node.state, 'stamps'), { recursive: true });
  writeFileSync(join(node.state, 'stamps'), '');
  assert.is(ask(node).status, 0);
});

const fileOf = (node: SmallNode, name: string): string => join(directoryOf(node), name);

function rememberedOf(node: SmallNode, section: 'receipts' | 'seals'): string {
  const folder = join(node.state, section);
  const key = readdirSync(folder).find((name) => !name.startsWith('.')) ?? '';
  return join(folder, key, `${node.base}.json`);
}

function flipLast(path: string): void {
  const bytes = readFileSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([bytes.readUInt8(bytes.length - 1) ^ 1]), 0, 1, bytes.length - 1);
  closeSync(file);
}

function replaceByCopy(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

function keepTimes(path: string, change: (path: string) => void): void {
  chmodSync(path, 0o644);
  const { atime, mtime } = statSync(path);
  change(path);
  utimesSync(path, atime, mtime);
}

function linkInstead(path: string): void {
  renameSync(path, `${path}.moved`);
  symlinkSync(`${path}.moved`, path);
}

function put(root: string, name: string): void {
  mkdirSync(join(root, name, '..'), { recursive: true });
  appendFileSync(join(root, name), '');
}

function editRecord(node: SmallNode, fields: object): void {
  putRow(rootOf(node), 'json', 'snapshots', idOf(node), { ...recordOf(node, idOf(node)), ...fields });
}

function edit(path: string, pattern: RegExp, replacement: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(pattern, replacement));
}

/** A copy of the root takes its place, its times included. */
function swapRoot(node: SmallNode): void {
  const root = rootOf(node);
  assert.ok(existsSync(root));
  const old = join(temporaryDirectory(), 'old');
  renameSync(root, old);
  assert.is(blobcheckCopy(old, root), 0);
}

const blobcheckCopy = (from: string, to: string) => spawnSync('cp', ['-a', from, to]).status;

test.run();
