import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { baseBytes, imageUrl, type SmallNode, smallNode } from '../builders/small-node.js';
import { program, type Ran } from '../support/blobcheck.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { foreign, status } from './seals.js';

const test = suite('a program whose images are sealed');

const brought = baseBytes('brought');
const broughtName = sha256(brought);

/** A program that does this, in shell; `$blobs` is the directory of the blobs, `$image` a file to bring there. */
function doing(node: SmallNode, text: string, bytes: Uint8Array = brought): string {
  const directory = temporaryDirectory();
  const [path, image] = [join(directory, 'a program'), join(directory, 'image')];
  writeFileSync(image, bytes);
  writeFileSync(path, `#!/bin/sh\nblobs='${join(node.root.directory, 'cloudimg/blobs')}'\nimage='${image}'\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const pulledFrom = 'https://images.example.com/brought.img';

/** The words of a pull after which the index leads to a blob. */
function pulling(node: SmallNode, blob: string): string[] {
  const entry = { ref: pulledFrom, content_sum: `sha256:${blob}`, size: 0, created_at: '2026-11-24T20:43:58Z' };
  putRow(node.root.directory, 'json', 'cloud-images', pulledFrom, entry);
  return ['image', 'pull', pulledFrom];
}

const argvOf = (node: SmallNode, ...words: string[]) => [program, 'sealing', ...node.options, '--', ...words];

function sealing(node: SmallNode, words: readonly string[], input = ''): Ran & { signal: NodeJS.Signals | null } {
  const run = spawnSync(process.execPath, argvOf(node, ...words), { encoding: 'utf8', input });
  return { status: run.status, signal: run.signal, stdout: run.stdout, stderr: run.stderr };
}

function basisOf(node: SmallNode, blob: string): string | null | undefined {
  return status(node).blobs.find((known) => known.blob === blob)?.basis;
}

for (const code of [0, 1, 7, 255]) {
  test(`ends with its exit code ${code}, and prints only what it prints`, () => {
    const node = smallNode();
    const run = sealing(node, [doing(node, `echo out; echo err >&2; exit ${code}`)]);
    assert.equal(run, { status: code, signal: null, stdout: 'out\n', stderr: 'err\n' });
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL', 'SIGABRT', 'SIGQUIT'] as const) {
  test(`dies of ${signal} when it does`, () => {
    const node = smallNode();
    const run = sealing(node, [doing(node, `ulimit -c 0; kill -${signal.slice(3)} $$`)]);
    assert.equal([run.signal, run.stdout, run.stderr], [signal, '', '']);
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
  test(`gets ${signal}, and may live on`, async () => {
    const node = smallNode();
    const name = signal.slice(3);
    const text = `trap 'echo got ${name}; exit 5' ${name}; echo ready; while :; do :; done`;
    const child = spawn(process.execPath, argvOf(node, doing(node, text)), { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed === '') child.kill(signal);
      printed += chunk;
    });
    const ended = await once(child, 'close');
    assert.equal([...ended, printed], [5, null, `ready\ngot ${name}\n`]);
  });
}

test('has our input, our environment and its arguments byte for byte', () => {
  const node = smallNode();
  const words = ['image', 'pull', '--', '-x', '', 'a b', '*', '$HOME', '\\n', "it's", 'é\n', '--json', '--root-dir=/y'];
  const text = 'cat; printf "%s\\0" "$@" "$MARK" "$BLOBCHECK_STATE_DIR"';
  const run = spawnSync(process.execPath, argvOf(node, doing(node, text), ...words), {
    encoding: 'utf8',
    input: 'from us\n',
    env: { PATH: '/usr/bin:/bin', MARK: 'there' },
  });
  assert.is(run.stdout, `from us\n${[...words, 'there', ''].map((word) => `${word}\0`).join('')}`);
});

test('that brings nothing leaves nothing behind', () => {
  const node = smallNode();
  const run = sealing(node, [doing(node, 'exit 0')]);
  assert.is(run.stderr, '');
  assert.equal(existsSync(node.state) ? readdirSync(node.state) : [], []);
});

test('what it brings is sealed by its name, and known as read', () => {
  const node = smallNode();
  const run = sealing(node, [doing(node, `cp "$image" "$blobs/${broughtName}.qcow2"`), ...pulling(node, broughtName)]);
  assert.is(run.status, 0);
  assert.is(run.stdout, '');
  assert.is(run.stderr, `blobcheck: ${broughtName.slice(0, 12)}… is sealed, basis name\n`);
  assert.is(basisOf(node, broughtName), 'name');
  assert.is(basisOf(node, node.base), null, 'what was there before is not');
});

test('what it converts is sealed as it was pulled', () => {
  const node = smallNode();
  const run = sealing(node, [doing(node, `cp "$image" "$blobs/${foreign}.qcow2"`), ...pulling(node, foreign)]);
  assert.is(run.stderr, `blobcheck: ${foreign.slice(0, 12)}… is sealed, basis pull\n`);
  assert.is(basisOf(node, foreign), 'pull');
});

test('what it puts in the place of another file is sealed anew, and the old seal is history', () => {
  const node = smallNode({ digest: foreign });
  sealing(node, [doing(node, `touch "$blobs/${foreign}.qcow2"`), ...pulling(node, foreign)]);
  const first = status(node).blobs[0];
  const replace = `cp "$image" "$blobs/new" && mv "$blobs/new" "$blobs/${foreign}.qcow2"`;
  const run = sealing(node, [doing(node, replace), ...pulling(node, foreign)]);
  assert.is(run.stderr, `blobcheck: ${foreign.slice(0, 12)}… is replaced, basis pull\n`);
  const blob = status(node).blobs[0];
  assert.is.not(blob?.digest, first?.digest);
  assert.is(blob?.history.length, 1);
});

test('what it keeps gets one line and no seal, whatever it says of it', () => {
  const node = smallNode();
  const run = sealing(node, [doing(node, 'echo pull complete'), 'image', 'pull', imageUrl]);
  assert.is(run.status, 0);
  assert.is(run.stdout, 'pull complete\n');
  assert.is(run.stderr, `blobcheck: ${node.base.slice(0, 12)}… was kept, not replaced\n`);
  assert.is(basisOf(node, node.base), null);
});

test('what is damaged is not sealed, and the exit code is the program’s all the same', () => {
  const node = smallNode();
  const run = sealing(node, [
    doing(node, `cp "$image" "$blobs/${foreign}.qcow2"`, Buffer.alloc(70_000, 'raw')),
    ...pulling(node, foreign),
  ]);
  assert.is(run.status, 0);
  assert.match(run.stderr, `blobcheck: ${foreign.slice(0, 12)}… is not sealed: what was brought is damaged`);
  assert.is(basisOf(node, foreign), null);
});

test('what it brings before it fails is sealed', () => {
  const node = smallNode();
  const run = sealing(node, [
    doing(node, `cp "$image" "$blobs/${broughtName}.qcow2"; exit 9`),
    ...pulling(node, broughtName),
  ]);
  assert.is(run.status, 9);
  assert.is(basisOf(node, broughtName), 'name');
});

test('what somebody else puts there meanwhile is not sealed', () => {
  const node = smallNode();
  const run = sealing(node, [doing(node, `cp "$image" "$blobs/${foreign}.qcow2"`), 'image', 'pull', 'https://x/other']);
  assert.equal([run.status, run.stderr], [0, '']);
  assert.is(basisOf(node, foreign), null);
});

const broken: readonly (readonly [string, (root: string) => void, RegExp])[] = [
  ['root is gone', (root) => rmSync(root, { recursive: true }), /no such root directory/],
  [
    'image index is torn',
    (root) => writeFileSync(join(root, 'cloudimg/db/images.json'), 'torn'),
    /^blobcheck: .*the index cannot be decoded/m,
  ],
  [
    'directory of blobs is none',
    (root) => {
      rmSync(join(root, 'cloudimg/blobs'), { recursive: true });
      writeFileSync(join(root, 'cloudimg/blobs'), '');
    },
    /^blobcheck: what this brings will not be sealed: the directory of the blobs cannot be read/m,
  ],
];
for (const [what, spoil, said] of broken) {
  test(`runs and ends as it ends although its ${what}, which is told`, () => {
    const node = smallNode();
    const path = doing(node, 'echo ran; [ $# -eq 1 ] && exit 4; kill -TERM $$');
    spoil(node.root.directory);
    const ended = sealing(node, [path, imageUrl]);
    assert.equal([ended.status, ended.stdout], [4, 'ran\n']);
    assert.match(ended.stderr, said);
    assert.is(sealing(node, [path, imageUrl, 'x']).signal, 'SIGTERM');
  });
}

test('that does not start is told, and is no success', () => {
  const node = smallNode();
  for (const name of ['/nowhere/cocoon', node.root.directory]) {
    const run = sealing(node, [name]);
    assert.is.not(run.status, 0);
    assert.match(run.stderr, `${name} does not start`);
  }
});

test('nothing to run is wrong usage', () => {
  assert.is(sealing(smallNode(), []).status, 2);
});

test('is found in PATH, as the shell finds it', () => {
  const node = smallNode();
  assert.is(sealing(node, ['sh', '-c', 'exit 3']).status, 3);
});

test.run();
