import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Excuse, excuseOf, idleExcuses, readExcuses } from './excuses.js';
import type { Mutant } from './mutant.js';

const test = suite('excuses');

const mutant: Mutant = {
  id: 7,
  file: 'lib/a.ts',
  line: 3,
  kind: 'condition',
  was: 'if (a) b();',
  becomes: 'if (true) b();',
};
const excuse: Excuse = {
  file: 'lib/a.ts',
  effect: 'words',
  why: 'b only shows',
  changes: ['if (a) b(); ⇒ if (true) b();'],
};

test('a survivor is excused by its file and what it makes of a line, wherever that stands', () => {
  assert.is(excuseOf({ ...mutant, line: 99 }, [excuse]), excuse);
  assert.is(excuseOf({ ...mutant, becomes: 'if (false) b();' }, [excuse]), null);
  assert.is(excuseOf({ ...mutant, was: 'if (c) b();' }, [excuse]), null);
  assert.is(excuseOf({ ...mutant, file: 'lib/b.ts' }, [excuse]), null);
});

test('an excuse that nothing needs is told, of files that were tried', () => {
  assert.equal(idleExcuses([excuse], [mutant], new Set(['lib/a.ts'])), []);
  assert.equal(idleExcuses([excuse], [], new Set(['lib/a.ts'])), [
    { file: 'lib/a.ts', change: 'if (a) b(); ⇒ if (true) b();' },
  ]);
  assert.equal(idleExcuses([excuse], [], new Set(['lib/b.ts'])), []);
});

test('every excuse of the list says what the mutant does and why that allows nothing', () => {
  for (const { file, effect, why, changes } of readExcuses()) {
    assert.match(file, /^lib\/(qcow2|verify)\//);
    assert.ok(['equivalent', 'words', 'slower', 'stricter'].includes(effect), `${file}: ${effect}`);
    assert.ok(why.length > 10 && changes.length > 0, file);
  }
});

test.run();
