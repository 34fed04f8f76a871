import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a disk that is full');
const child = fileURLToPath(new URL('small-disk-child.ts', import.meta.url));

const upTo = (most: number, step: number) =>
  Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);

for (const [what, pages] of [
  ['verify --all', amount([0, 3], upTo(24, 1))],
  ['seal unsealed:v1 sound:v1', amount([0, 2], upTo(24, 1))],
  ['ensure', amount([0, 40, 70], upTo(160, 4))],
] as const) {
  needs(['mount-namespace', 'flock'], test, `is told by ${what}, and nothing is lost`, () => {
    const words = [process.execPath, '--import', 'tsx', child, temporaryDirectory(), what, ...pages.map(String)];
    const run = spawnSync('unshare', ['--map-root-user', '--mount', ...words], { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    const { counts, broken } = JSON.parse(run.stdout);
    assert.equal(broken, []);
    assert.ok(what === 'verify --all' || counts['not allowed'] > 0, 'no disk was small enough');
    tally(`free pages of a small disk, \`${what}\``, { ...counts, broken: broken.length });
  });
}

test.run();
