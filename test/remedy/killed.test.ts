import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { runCocoon } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { flip } from '../verify/blobs.js';
import { bringingNeeds, ensureWords, run, type ServedNode, scratchIsGone, servedNode } from './node.js';

const test = suite('ensure that is killed');

/** How many instants of one ensure are tried; spread over its whole length. */
const POINTS = amount(16, 100);

async function corrupted(): Promise<ServedNode> {
  const node = await servedNode();
  assert.is(await node.verdict(), 'allow');
  chmodSync(node.blob, 0o644);
  await flip(node.blob, node.source.length - 1);
  return node;
}

async function lost(): Promise<ServedNode> {
  const node = await servedNode();
  assert.is(await node.verdict(), 'allow');
  rmSync(node.blob);
  return node;
}

/** Runs ensure, ends it with SIGKILL after some milliseconds, and looks all the time whether the name leads to a file. */
async function killedAfter(node: ServedNode, ms: number): Promise<{ readonly wasAlwaysThere: boolean }> {
  const [command = '', ...args] = ensureWords(node);
  const child = spawn(command, args, { env: node.env, stdio: 'ignore' });
  const ended = once(child, 'close').then(() => true);
  const deadline = performance.now() + ms;
  let wasAlwaysThere = true;
  let isOver = false;
  while (!isOver && performance.now() < deadline) {
    wasAlwaysThere &&= existsSync(node.blob);
    isOver = await Promise.race([ended, after(1, false)]);
  }
  child.kill('SIGKILL');
  await ended;
  return { wasAlwaysThere: wasAlwaysThere && existsSync(node.blob) };
}

async function lengthOf(make: () => Promise<ServedNode>): Promise<number> {
  const node = await make();
  const started = performance.now();
  assert.is((await run(ensureWords(node), node.env)).status, 0);
  await node.server.close();
  return performance.now() - started;
}

for (const [what, make] of [
  ['corrupt', corrupted],
  ['missing', lost],
] as const) {
  needs(
    bringingNeeds,
    test,
    `at any instant leaves the ${what} base as it was or the verified new one, and the next ends the job`,
    async () => {
      const length = await lengthOf(make);
      const left = { old: 0, new: 0 };
      for (let point = 0; point < POINTS; point += 1) {
        const node = await make();
        const old = existsSync(node.blob) ? sha256(readFileSync(node.blob)) : null;
        const { wasAlwaysThere } = await killedAfter(node, (length * 1.1 * point) / POINTS);
        if (old !== null) assert.ok(wasAlwaysThere, 'the name led to no file');
        const now = existsSync(node.blob) ? sha256(readFileSync(node.blob)) : null;
        assert.ok(now === old || now === node.base, `neither the old nor the new: ${now}`);
        left[now === old ? 'old' : 'new'] += 1;
        assert.is(await node.verdict(), now === node.base ? 'allow' : 'deny');
        const next = await run(ensureWords(node), node.env);
        assert.is(next.status, 0, next.stdout);
        assert.is(sha256(readFileSync(node.blob)), node.base);
        assert.ok(scratchIsGone(node));
        await node.server.close();
      }
      assert.ok(left.old > 0, 'no kill came early enough to prove anything');
      tally(`\`ensure\` of a ${what} base, killed at any instant`, {
        kills: POINTS,
        'left as it was': left.old,
        brought: left.new,
      });
    },
  );
}

needs(
  bringingNeeds,
  test,
  'with a rival pull and a collection beside it loses nothing that a record needs',
  async () => {
    for (let round = 0; round < 3; round += 1) {
      const node = await corrupted();
      const cocoon = (...args: string[]) => runCocoon(['--root-dir', node.root.directory, ...args], { env: node.env });
      const rivals = [cocoon('image', 'pull', '--force', node.url), cocoon('gc'), cocoon('gc')];
      const [ended] = await Promise.all([run(ensureWords(node), node.env), ...rivals]);
      assert.is(ended.status, 0, ended.stdout);
      assert.is(sha256(readFileSync(node.blob)), node.base);
      assert.is(await node.verdict(), 'allow');
      assert.is((await cocoon('gc')).status, 0);
      assert.is(sha256(readFileSync(node.blob)), node.base, 'every base that a record pins is still there');
      assert.ok(scratchIsGone(node));
      await node.server.close();
    }
  },
);

test.run();
