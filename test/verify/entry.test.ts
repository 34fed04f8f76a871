import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import type { FindingCode } from '../../lib/finding/catalogue.js';
import { type Finding, finding } from '../../lib/finding/finding.js';
import type { BlobReport } from '../../lib/report/documents.js';
import { attempt, entryOf } from '../../lib/verify/entry.js';

const test = suite('entry');

const read: BlobReport = {
  path: '/blobs/b',
  bytes: 1,
  expected: 'sha256:b',
  actual: 'sha256:b',
  basis: 'name',
  how: 'hashed',
  readFrom: 'cache',
  seconds: 1,
};

const found = (...codes: FindingCode[]): Finding[] => codes.map((code) => finding(code, code));

const shown = (findings: readonly Finding[]) => findings.map(({ code }) => code);

test('findings stand by severity: errors, what could not be judged, warnings, news', () => {
  const mixed = found('tag-moved', 'blob-unpinned', 'file-unreadable', 'blob-missing');
  assert.equal(shown(entryOf({ ref: 'x', findings: mixed }).findings), [...shown(mixed)].reverse());
});

test('within one severity they stay in the order of the rules', () => {
  const mixed = found(
    'snapshot-file-unknown',
    'sidecar-mismatch',
    'blob-unpinned',
    'blob-corrupt',
    'image-not-indexed',
  );
  assert.equal(shown(entryOf({ ref: 'x', findings: mixed }).findings), [
    'sidecar-mismatch',
    'blob-corrupt',
    'snapshot-file-unknown',
    'blob-unpinned',
    'image-not-indexed',
  ]);
  assert.equal(shown(mixed)[0], 'snapshot-file-unknown');
});

test('the verdict comes from the findings, and what is not known is null or empty', () => {
  const verdict = (...codes: FindingCode[]) => entryOf({ ref: 'x', findings: found(...codes), blobs: [read] }).verdict;
  assert.is(verdict(), 'allow');
  assert.is(verdict('tag-moved', 'blob-unpinned'), 'allow');
  assert.is(verdict('file-changed', 'blob-unpinned'), 'unverified');
  assert.is(verdict('file-changed', 'blob-missing'), 'deny');
  const { findings: _, ...rest } = entryOf({ ref: 'x', findings: found('blob-missing') });
  assert.equal(rest, { ref: 'x', id: null, name: null, verdict: 'deny', disks: [], blobs: [] });
});

test('what stands on a base that was not read to its end, or on none, is never allowed', () => {
  for (const blobs of [[], [{ ...read, how: null }], [{ ...read, actual: null }], [read, { ...read, actual: null }]]) {
    for (const findings of [[], found('blob-unpinned')]) {
      const entry = entryOf({ ref: 'x', findings, blobs });
      assert.is(entry.verdict, 'unverified');
      assert.is(entry.findings[0]?.code, 'blob-unreadable');
    }
  }
  // Where something else stands against it already, nothing is added.
  assert.equal(shown(entryOf({ ref: 'x', findings: found('file-changed') }).findings), ['file-changed']);
});

test('a step that cannot be done leaves its finding, and one that can its value', async () => {
  const findings: Finding[] = [];
  assert.is(await attempt(findings, '/x', async () => 7), 7);
  assert.equal(findings, []);
  const fail = (error: unknown) =>
    attempt(findings, '/x', async () => {
      throw error;
    });
  assert.is(await fail(new BlobcheckError('unreadable', 'because')), null);
  assert.equal(
    findings.map(({ code, subject, message }) => [code, subject, message]),
    [['file-unreadable', '/x', 'because']],
  );
  for (const error of [new BlobcheckError('aborted', 'x'), new TypeError('a bug of ours')]) {
    try {
      await fail(error);
      assert.unreachable();
    } catch (thrown) {
      assert.is(thrown, error);
    }
  }
  assert.is(findings.length, 1);
});

test.run();
