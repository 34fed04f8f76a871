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
    witnesses: { state: 'state.json', config: 'config.json' },
    ...changes,
  });
}

test('memory of the size that all its witnesses name is right', () => {
  assert.equal(judge(), []);
});

const contradictions: readonly (readonly [string, Partial<MemoryFacts>, string, string, bigint])[] = [
  ['more than state.json names', { stateBytes: size - 1n }, 'state.json', `${size - 1n} bytes`, size],
  ['less than state.json names', { stateBytes: size + 1n }, 'state.json', `${size + 1n} bytes`, size],
  ['more than config.json names', { configBytes: size - 1n }, 'config.json', `at most ${size - 1n} bytes`, size],
  ['nothing that the record agrees to', { recordBytes: 1n }, 'snapshot record', '1 bytes', size],
  [
    'less than config.json names where the record does not agree',
    { configBytes: 2n * size },
    'snapshot record',
    `${size} bytes`,
    2n * size,
  ],
  [
    'less than the record names where config.json does not agree',
    { recordBytes: 2n * size },
    'snapshot record',
    `${2n * size} bytes`,
    size,
  ],
  [
    'less than both name, which do not agree',
    { configBytes: 2n * size, recordBytes: 2n * size + 1n },
    'snapshot record',
    `${2n * size + 1n} bytes`,
    2n * size,
  ],
];
for (const [what, changes, witness, expected, actual] of contradictions) {
  test(`denied: memory of ${what}`, () => {
    const [found, ...others] = judge(changes);
    assert.is(found?.code, 'memory-size-mismatch');
    assert.is(found?.severity, 'error');
    assert.is(found?.subject, '/snap/memory-ranges');
    assert.is(found?.expectedFrom, witness);
    assert.is(found?.expected, expected);
    assert.is(found?.actual, `${actual} bytes`);
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
  for (const changes of [{ stateBytes: 0n }, { configBytes: 0n }, { recordBytes: 0n }]) {
    assert.is(judge(changes).length, 1);
  }
});

test('an empty file is denied even where config.json and the record name no memory either', () => {
  assert.is(judge({ bytes: 0n, configBytes: 0n, recordBytes: 0n }).length, 1);
  assert.equal(judge({ bytes: 0n, stateBytes: 0n, configBytes: 0n, recordBytes: 0n }), []);
});

test('a file that is longer than its ranges is denied even if config.json would have room for it', () => {
  const [found, ...others] = judge({ bytes: size + 1n, configBytes: 2n * size, recordBytes: 2n * size });
  assert.is(found?.expectedFrom, 'state.json');
  assert.equal(others, []);
});

test('a file that is not there is another rule to judge', () => {
  assert.equal(judge({ bytes: null }), []);
});

test('a clone that was given more memory than its snapshot keeps the memory of the snapshot until it restarts', () => {
  // cocoon writes the new size into config.json and the record; Cloud Hypervisor restores the ranges of state.json.
  assert.equal(judge({ configBytes: 2n * size, recordBytes: 2n * size }), []);
});

test.run();
