import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { traced } from '../support/traced.js';
import type { Asked } from './answers.js';
import { tryEveryFault } from './campaign.js';
import { contentAt } from './files-of.js';
import { brokenNextEnsure } from './next-ensure.js';
import type { TracedRun } from './traced.js';
import { troubledNode } from './troubled-node.js';

const test = suite('ensure under faults');

for (const ref of ['lost:v1', 'flipped:v1']) {
  tryEveryFault(test, `ensure --from of ${ref}`, 5, async () => {
    const node = await troubledNode();
    const blob = node.blobOf(ref);
    const bad = existsSync(blob) ? readFileSync(blob) : null;
    const from = join(temporaryDirectory(), 'image');
    const good = baseBytes(ref.replace(':v1', ''));
    writeFileSync(from, good);
    const words = ['ensure', '--json', ...node.options, '--from', from, '--', ref];
    const reset = () => {
      node.reset();
      rmSync(join(node.root.directory, '.blobcheck'), { recursive: true, force: true });
      rmSync(blob, { force: true });
      if (bad !== null) writeFileSync(blob, bad);
      if (bad !== null) chmodSync(blob, 0o444);
    };
    const contents = [bad === null ? null : sha256(bad), sha256(good)];
    const differs = ({ stdout }: TracedRun) => {
      // What is right now depends on whether it has been brought.
      const verdicts = new Map(node.verdicts).set(ref, contentAt(blob) === sha256(good) ? 'allow' : 'deny');
      const asked: Asked = { verdicts, printed: stdout, mayBeMute: true };
      return { asked, writable: new Map([[blob, contents]]), next: () => brokenNextEnsure(node, ref, from) };
    };
    return { node, words, reset, differs };
  });
}

needs(
  ['strace', 'flock'],
  test,
  'what was brought is there, though what it came through cannot be removed',
  async () => {
    const node = await troubledNode();
    const from = join(temporaryDirectory(), 'image');
    writeFileSync(from, baseBytes('lost'));
    const words = [process.execPath, program, 'ensure', ...node.options, '--from', from, '--', 'lost:v1'];
    const ensure = (...inject: string[]) => traced(words, 'rmdir', inject);
    const { status, stdout, calls } = ensure('-e', 'inject=rmdir:error=EIO');
    assert.ok(
      calls.some((call) => call.includes('.blobcheck') && call.includes('EIO')),
      calls.join('\n'),
    );
    assert.is(status, 0, stdout);
    assert.is(contentAt(node.blobOf('lost:v1')), sha256(baseBytes('lost')));
    assert.is(ensure().status, 0);
    assert.is(existsSync(join(node.root.directory, '.blobcheck')), false);
  },
);

needs(
  ['strace', 'flock'],
  test,
  'what was brought is there, though the directory of its name cannot be flushed',
  async () => {
    const node = await troubledNode();
    const from = join(temporaryDirectory(), 'image');
    writeFileSync(from, baseBytes('lost'));
    const words = [process.execPath, program, 'ensure', ...node.options, '--from', from, '--', 'lost:v1'];
    const blob = node.blobOf('lost:v1');
    const { status, stdout, calls } = traced(words, 'fsync', ['-P', dirname(blob), '-e', 'inject=fsync:error=EIO']);
    assert.ok(
      calls.some((call) => call.includes('EIO')),
      calls.join('\n'),
    );
    assert.is(status, 0, stdout);
    assert.is(contentAt(blob), sha256(baseBytes('lost')));
  },
);

test.run();
