import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finding } from '../../lib/finding/finding.js';
import type { EntryReport, Verdict } from '../../lib/report/documents.js';
import { summarize, verdictOf, worstVerdict } from '../../lib/verify/verdict.js';

const test = suite('verdict');

const denied = finding('sidecar-mismatch', 'x');
const unjudged = finding('snapshot-unsupported', 'x');
const warned = finding('virtual-size-shrunk', 'x');
const told = finding('tag-moved', 'x');

test('nothing found, warnings and information allow', () => {
  assert.is(verdictOf([]), 'allow');
  assert.is(verdictOf([warned, told, warned]), 'allow');
});

test('one finding that could not be judged is unverified', () => {
  assert.is(verdictOf([warned, unjudged, told]), 'unverified');
});

test('one error denies, whatever stands before or after it', () => {
  assert.is(verdictOf([denied]), 'deny');
  assert.is(verdictOf([unjudged, warned, denied, told]), 'deny');
});

test('the worst of several verdicts: deny, then unverified, then allow', () => {
  const cases: readonly (readonly [readonly Verdict[], Verdict])[] = [
    [[], 'allow'],
    [['allow', 'allow'], 'allow'],
    [['allow', 'unverified'], 'unverified'],
    [['unverified', 'deny', 'allow'], 'deny'],
    [['deny'], 'deny'],
  ];
  for (const [verdicts, worst] of cases) assert.is(worstVerdict(verdicts), worst);
});

test('what was skipped is counted apart and is never allowed', () => {
  const entries = (['allow', 'deny', 'allow', 'unverified'] as const).map((verdict): EntryReport => {
    return { ref: 'x', id: null, name: null, verdict, findings: [], disks: [], blobs: [] };
  });
  assert.equal(summarize(entries, 3), { allow: 2, deny: 1, unverified: 1, skipped: 3 });
  assert.equal(summarize([], 0), { allow: 0, deny: 0, unverified: 0, skipped: 0 });
});

test.run();
