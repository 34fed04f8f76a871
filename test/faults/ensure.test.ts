import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { baseBytes } from '../builders/small-node.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
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

test.run();
