import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bin, scripts } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('the scripts of a node');

needs(['shellcheck'], test, 'shellcheck has nothing against them', () => {
  const run = spawnSync('shellcheck', ['-x', '-P', 'SCRIPTDIR', ...scripts, 'qemu-img-guard/qemu-img'], {
    cwd: bin,
    encoding: 'utf8',
  });
  assert.is(run.stdout + run.stderr, '');
  assert.is(run.status, 0);
});

test('those that are run can be, and those that are read are no programs', () => {
  for (const name of scripts) {
    const isRun = !name.endsWith('.sh');
    assert.is((statSync(join(bin, name)).mode & 0o111) !== 0, isRun, name);
    assert.is(readFileSync(join(bin, name), 'utf8').startsWith('#!/bin/sh\n'), isRun, name);
  }
});

test.run();
