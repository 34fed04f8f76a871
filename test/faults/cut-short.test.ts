/** What the disk does not give of a script is not there for the shell: it ends where the read has failed, with 0. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { bin, GuardedNode, scripts, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('scripts that end early');

for (const shell of shells) {
  const node = new GuardedNode(shell);

  for (const name of scripts) {
    needs([shell.name], test, `${shell.name}: wherever ${name} ends, what is denied is not run`, () => {
      const whole = readFileSync(join(bin, name), 'utf8').replace(/^#!.*/, `#!${node.interpreter}`);
      const lines = whole.split('\n');
      const step = amount(Math.ceil(lines.length / 6), 1);
      let cuts = 0;
      try {
        node.verdict('exit 1');
        for (let left = 0; left < lines.length; left += step) {
          node.write(`bin/${name}`, lines.slice(0, left).join('\n'), 0o755);
          assert.is(node.run(['vm', 'clone', 'S']).ran, null, `${left} lines are left`);
          cuts += 1;
        }
      } finally {
        node.write(`bin/${name}`, whole, 0o755);
        node.verdict('exit 0');
      }
      assert.equal(node.run(['vm', 'clone', 'S']).ran, ['vm', 'clone', 'S']);
      tally(`${name} that ends early, ${shell.name}`, { cuts, 'run all the same': 0 });
    });
  }

  needs(
    [shell.name],
    test,
    `${shell.name}: a hook that says nothing is told, and goes on where the mode is warn`,
    () => {
      const whole = node.read('bin/pre-clone');
      node.write('bin/pre-clone', '', 0o755);
      const run = (mode: string) => node.run(['vm', 'clone', 'S'], { env: { BLOBCHECK_MODE: mode } });
      const refused = run('enforce');
      assert.equal([refused.status, refused.ran], [1, null]);
      assert.match(refused.stderr, 'the hook gave no answer, so this is refused');
      assert.equal(run('warn').ran, ['vm', 'clone', 'S']);
      node.write('bin/pre-clone', whole, 0o755);
    },
  );
}

test.run();
