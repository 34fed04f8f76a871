import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a disk that ends early');
const child = fileURLToPath(new URL('truncated-disk-child.ts', import.meta.url));
const what = ['losetup', 'loop-device', 'mkfs.ext4', 'mount-namespace', 'root', 'flock'];

needs(what, test, 'wherever it ends, what cannot be read is told, and the rest gets its verdict', () => {
  const words = [process.execPath, '--import', 'tsx', child, temporaryDirectory(), String(amount(4, 96))];
  const run = spawnSync('unshare', ['--mount', ...words], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  const { counts, broken } = JSON.parse(run.stdout);
  assert.equal(broken, []);
  assert.ok(counts['read errors'] > 0, 'no cut was where something had to be read');
  tally('a root on a disk that ends early, `verify --all`', { ...counts, broken: broken.length });
});

test.run();
