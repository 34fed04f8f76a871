import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeMemory, type MemoryFacts } from '../../../lib/verify/rules/memory.js';

const test = suite('memory');

const size = 536870912n;

function judge(changes: Partial<MemoryFacts> = {}) {
  return judgeMemory({
    path: '/snap/memory-ranges',
    bytes: size,
    stateBytes: size,
    configBytes: size,
    recordBytes: size,
    ...changes,
  });
}

test('memory of the size that all its witnesses name is right', () => {
  assert.equal(judge(), []);
});

const contradictions: readonly (readonly [string, Partial<MemoryFacts>])[] = [
  ['state.json', { stateBytes: size + 4096n }],
  ['config.json', { configBytes: size - 1n }],
  ['snapshot record', { recordBytes: 1n }],
];
for (const [witness, changes] of contradictions) {
  test(`memory of another size than ${witness} names is denied`, () => {
    const [found, ...others] = judge(changes);
    assert.is(found?.code, 'memory-size-mismatch');
    assert.is(found?.severity, 'error');
    assert.is(found?.subject, '/snap/memory-ranges');
    assert.is(found?.expectedFrom, witness);
    assert.is(found?.expected, `${Object.values(changes)[0]} bytes`);
    assert.is(found?.actual, `${size} bytes`);
    assert.equal(others, []);
  });
}

test('a file that is one byte short, one byte long or empty is one finding, not three', () => {
  for (const bytes of [size - 1n, size + 1n, 0n]) {
    assert.equal(
      judge({ bytes }).map(({ code, expectedFrom, actual }) => [code, expectedFrom, actual]),
      [['memory-size-mismatch', 'state.json', `${bytes} bytes`]],
    );
  }
});

test('a witness that says nothing contradicts nothing', () => {
  assert.equal(judge({ stateBytes: null, configBytes: null, recordBytes: null }), []);
  assert.equal(judge({ stateBytes: null, recordBytes: null }), []);
});

test('a witness that says zero is no silence', () => {
  assert.is(judge({ recordBytes: 0n }).length, 1);
});

test('a file that is not there is another rule to judge', () => {
  assert.equal(judge({ bytes: null }), []);
});

test('a clone that was given more memory than its snapshot keeps the memory of the snapshot until it restarts', () => {
  // cocoon writes the new size into config.json and the record; Cloud Hypervisor restores the ranges of state.json.
  assert.equal(judge({ configBytes: 2n * size, recordBytes: 2n * size }), []);
});

test.run();
