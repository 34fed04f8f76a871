/** What a verification that nothing has changed for must not load: each costs milliseconds of every start. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('what a start loads');

const place = temporaryDirectory();
const list = join(place, 'list');
const lister = join(place, 'lister.cjs');
// Node's own, and what lies in memory of others.
writeFileSync(
  lister,
  `const fs = require('node:fs');
  process.once('exit', () => {
    const maps = fs.readFileSync('/proc/self/maps', 'utf8');
    fs.writeFileSync(${JSON.stringify(list)}, [...process.moduleLoadList, ...maps.split('\\n')].join('\\n'));
  });`,
);

/** What the process has loaded besides what an empty one has. */
function loadedBy(words: readonly string[]): readonly string[] {
  const loaded = (argv: readonly string[]) => {
    const run = spawnSync(process.execPath, ['--require', lister, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
    assert.is(run.status, 0, String(run.stderr));
    return readFileSync(list, 'utf8').split('\n');
  };
  const empty = new Set(loaded(['-e', '0']));
  return loaded(words).filter((name) => !empty.has(name));
}

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    ['receipts'],
    test,
    `${engine}: nothing for archives, terminals or threads, and the sqlite library for its own roots alone`,
    () => {
      const { options } = smallNode({ engine });
      const verify = [program, 'verify', 'app:v1', ...options];
      assert.is(spawnSync(process.execPath, verify).status, 0);
      const loaded = loadedBy(verify);
      for (const name of ['net', 'tty', 'zlib', 'worker_threads', 'child_process']) {
        assert.not.ok(loaded.includes(`NativeModule ${name}`), name);
      }
      // Else the list would not be what it is taken for.
      assert.ok(loaded.includes('NativeModule crypto'));
      assert.is(
        loaded.some((name) => name.endsWith('.node')),
        engine === 'sqlite',
      );
    },
  );
}

test.run();
