import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { beforeFault, brokenInvariants } from './invariants.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('reads that give less than they were asked for');
const preload = fileURLToPath(new URL('short-reads.cjs', import.meta.url));

function run(words: readonly string[], readBytes: number | null) {
  const before = readBytes === null ? [] : ['--require', preload];
  const env = { PATH: process.env.PATH, BLOBCHECK_TEST_READ_BYTES: String(readBytes) };
  return spawnSync(process.execPath, [...before, program, ...words], { encoding: 'utf8', env });
}

/** What differs from run to run although nothing else does. */
const timeless = (printed: string) => printed.replaceAll(/"seconds":[\d.]+/g, '');

const sizes = amount([509, 40_000], [1, 2, 3, 7, 16, 509, 512, 4093, 4096, 40_000, 65_536, 262_144]);

for (const [command, wordsFor] of [
  ['verify --all', () => []],
  ['hash', (node: TroubledNode) => [node.blobOf('sound:v1')]],
  ['inspect', (node: TroubledNode) => [join(node.root.files('sound:v1'), 'overlay.qcow2')]],
] as const) {
  needs(['receipts', 'flock'], test, `change nothing of what ${command} says`, async () => {
    const node = await troubledNode();
    const words = [...command.split(' '), '--json', ...node.options, ...wordsFor(node)];
    node.reset(false);
    const whole = run(words, null);
    for (const bytes of sizes) {
      node.reset(false);
      const before = await beforeFault(node);
      const ended = run(words, bytes);
      assert.is(ended.status, whole.status, ended.stderr);
      assert.is(timeless(ended.stdout), timeless(whole.stdout), `${bytes} bytes a read`);
      assert.equal(await brokenInvariants(before, { ended, asked: { verdicts: node.verdicts, printed: '' } }), []);
    }
    tally(`short reads of \`${command}\``, { cases: sizes.length, 'other answers': 0 });
  });
}

test.run();
