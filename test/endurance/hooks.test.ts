import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SmallNode } from '../builders/small-node.js';
import { ask, stampOf, warmNode } from '../cli/warm.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('hooks in a row');

const WARM = amount(40, 10_000);
/** Their own: what else runs makes files in the common one. */
const temporary = temporaryDirectory();

const COLD = amount(2, 500);

needs(['receipts'], test, 'that are warm leave nothing behind', () => {
  const node = warmNode();
  const before = leftovers(node);
  for (let asked = 0; asked < WARM; asked++) assert.is(ask(node, { TMPDIR: temporary }).status, 0);
  tally('hooks in a row, warm', { hooks: WARM });
  assert.equal(leftovers(node), before);
});

const forgotten: Readonly<Record<string, (node: SmallNode) => void>> = {
  'without a stamp': (node) => rmSync(stampOf(node)),
  'without a receipt': (node) => rmSync(join(node.state, 'receipts'), { recursive: true }),
  'without anything': (node) => {
    for (const name of readdirSync(node.state)) rmSync(join(node.state, name), { recursive: true });
  },
};
for (const [what, forget] of Object.entries(forgotten)) {
  needs(['receipts'], test, `that are cold, ${what}, leave what one leaves`, () => {
    const node = warmNode();
    forget(node);
    assert.is(ask(node, { TMPDIR: temporary }).status, 0);
    const before = leftovers(node);
    for (let asked = 0; asked < COLD; asked++) {
      forget(node);
      assert.is(ask(node, { TMPDIR: temporary }).status, 0);
    }
    tally(`hooks in a row, cold, ${what}`, { hooks: COLD });
    assert.equal(leftovers(node), before);
  });
}

/** Files of the state directory, processes that name it, and what of ours lies in the temporary directory. */
function leftovers({ state }: SmallNode) {
  const names = readdirSync(state, { recursive: true, encoding: 'utf8' });
  return {
    state: names.sort(),
    processes: readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && names.length > 0 && namesIt(pid, state)),
    temporary: readdirSync(temporary),
  };
}

function namesIt(pid: string, state: string): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(state) ||
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes(state)
    );
  } catch {
    return false;
  }
}

test.run();
