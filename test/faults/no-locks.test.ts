import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { traced } from '../support/traced.js';
import { troubledNode } from './troubled-node.js';

const test = suite('where no file can be locked');

for (const [ref, answer] of [
  ['sound:v1', 'allow\n'],
  ['flipped:v1', ''],
] as const) {
  needs(['strace'], test, `a hook still has the base of ${ref} read, once, and answers`, async () => {
    const node = await troubledNode();
    node.reset(false);
    const words = [process.execPath, program, 'hook', ...node.options, ref];
    const { status, stdout, calls } = traced(words, 'flock,execve', ['-e', 'inject=flock:error=ENOLCK']);
    assert.equal([status === 0, stdout], [answer !== '', answer]);
    assert.is(calls.filter((call) => call.includes('execve(') && call.includes('"ensure"')).length, 1);
    assert.ok(calls.some((call) => call.includes('ENOLCK')));
  });
}

test.run();
