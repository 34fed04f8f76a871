import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finding } from '../../lib/finding/finding.js';
import type { EntryReport } from '../../lib/report/documents.js';
import { buildReport, type ReportParts } from '../../lib/verify/report.js';
import type { Run } from '../../lib/verify/run.js';

const test = suite('the document of a run');

const runWith = (...problems: string[]) =>
  ({ ledger: { problems: new Set(problems) }, seconds: () => 1.5 }) as unknown as Run;

const entry = (ref: string, verdict: EntryReport['verdict']): EntryReport => {
  return { ref, id: null, name: null, verdict, findings: [], disks: [], blobs: [] };
};

const built = (parts: Partial<ReportParts>, run = runWith()) =>
  buildReport(run, { root: '/root', engine: 'json', ...parts });

test('every entry counts, whatever was asked about, and the worst decides', () => {
  const parts = {
    snapshots: [entry('s', 'allow')],
    images: [entry('i', 'unverified')],
    overlays: [entry('o', 'deny')],
    skipped: 2,
  };
  const report = built(parts);
  assert.equal(report, {
    schema: 'blobcheck/verify/v1',
    verdict: 'deny',
    root: '/root',
    engine: 'json',
    seconds: 1.5,
    summary: { allow: 1, deny: 1, unverified: 1, skipped: 2 },
    findings: [],
    snapshots: parts.snapshots,
    images: parts.images,
    overlays: parts.overlays,
  });
  for (const kind of ['snapshots', 'images', 'overlays'] as const) {
    assert.is(built({ [kind]: [entry('x', 'deny')] }).verdict, 'deny', kind);
    assert.is(built({ [kind]: [entry('x', 'allow')] }).verdict, 'allow', kind);
  }
});

test('what is wrong with the run itself decides too', () => {
  const failure = finding('metadata-unreadable', 'it cannot be read', { subject: '/root' });
  const report = built({ findings: [failure], snapshots: [entry('s', 'allow')] });
  assert.equal([report.verdict, report.findings], ['unverified', [failure]]);
});

test('nothing is counted where nothing was asked about', () => {
  const { summary } = built({});
  assert.equal(summary, { allow: 0, deny: 0, unverified: 0, skipped: 0 });
});

test('trouble with the state directory is one warning, which says how many more there are', () => {
  const warnings = (...problems: string[]) =>
    built({ snapshots: [entry('s', 'allow')] }, runWith(...problems)).findings.map(({ code, severity, message }) => [
      code,
      severity,
      message,
    ]);
  const text = 'what was read is not remembered: ';
  assert.equal(warnings(), []);
  assert.equal(warnings('one'), [['state-unusable', 'warning', `${text}one`]]);
  assert.equal(warnings('one', 'two'), [['state-unusable', 'warning', `${text}one (and 1 more)`]]);
  assert.equal(warnings('one', 'two', 'three'), [['state-unusable', 'warning', `${text}one (and 2 more)`]]);
});

test.run();
