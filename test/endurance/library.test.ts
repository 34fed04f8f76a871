import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';

const test = suite('a process that verifies for ever');

const child = fileURLToPath(new URL('./looping-child.ts', import.meta.url));

/** Bytes by which what is held may differ between two moments: V8 frees when it likes. */
const HEAP_SLACK = 3e6;
const RSS_SLACK = 40e6;

interface Held {
  readonly rss: number;
  readonly heap: number;
  readonly descriptors: number;
}

for (const engine of ['json', 'sqlite'] as const) {
  for (const [content, times] of [
    ['receipt', amount(200, 10_000)],
    ['read', amount(40, 1000)],
  ] as const) {
    needs(['receipts'], test, `${engine}: holds no more and no more open with time (${content})`, async () => {
      const node = smallNode({ engine });
      await settled(node.blob);
      const words = ['--expose-gc', '--import', 'tsx', child, node.root.directory, node.state, String(times), content];
      const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      const [early, late] = JSON.parse(stdout) as [Held, Held];
      tally(`a process that verifies for ever (${engine}, ${content})`, {
        verifications: times,
        'KB more on the heap': Math.round((late.heap - early.heap) / 1000),
        'KB more resident': Math.round((late.rss - early.rss) / 1000),
        'descriptors more': late.descriptors - early.descriptors,
      });
      assert.is(late.descriptors, early.descriptors);
      assert.ok(late.heap - early.heap < HEAP_SLACK, `${late.heap - early.heap} bytes more on the heap`);
      assert.ok(late.rss - early.rss < RSS_SLACK, `${late.rss - early.rss} bytes more resident`);
    });
  }
}

test.run();
