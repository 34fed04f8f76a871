import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CaseReport } from '../../bench/case.js';
import { reached, reportJson, reportText } from '../../bench/report.js';

const test = suite('bench/report');

const report: CaseReport = {
  title: 'What was measured',
  unit: 'GB/s',
  relativeTo: 'peer',
  rows: [
    { name: 'ours', absent: null, samples: [1.5, 1.6, 1.4] },
    { name: 'peer', absent: null, samples: [1, 1, 1] },
    { name: 'gone', absent: 'gone is not installed', samples: [] },
  ],
  targets: [
    { name: 'ours / peer', relation: '>=', limit: 1.4, measured: 1.5 },
    { name: 'ours / more', relation: '>=', limit: 1.6, measured: 1.5 },
    { name: 'MB', relation: '<=', limit: 110, measured: 111 },
    { name: 'ours / gone', relation: '>=', limit: 1, measured: null },
  ],
  notes: ['A note.'],
};

test('a target is reached at its limit and missed beyond it, either way', () => {
  const of = (relation: '>=' | '<=', measured: number | null) => reached({ name: '', relation, limit: 1, measured });
  assert.equal(
    [of('>=', 1), of('>=', 0.999), of('<=', 1), of('<=', 1.001)],
    ['reached', 'missed', 'reached', 'missed'],
  );
  assert.is(of('>=', null), 'not measured');
});

test('the text has every row, what is absent, the notes, and every target with its result', () => {
  const text = reportText(report);
  assert.match(text, /^ours +1\.500 +1\.600 +±6\.7 % +1\.500$/m);
  assert.match(text, /^gone +absent +gone is not installed$/m);
  assert.match(text, /^A note\.$/m);
  assert.match(text, /^reached: ours \/ peer >= 1\.4, measured 1\.500$/m);
  assert.match(text, /^missed: ours \/ more >= 1\.6, measured 1\.500$/m);
  assert.match(text, /^missed: MB <= 110, measured 111$/m);
  assert.match(text, /^not measured: ours \/ gone >= 1, one side is absent$/m);
});

test('of times the best is the shortest', () => {
  assert.match(reportText({ ...report, unit: 'ms' }), /^ours +1\.500 +1\.400 /m);
});

test('the document has the samples, medians and results', () => {
  const document = JSON.parse(JSON.stringify(reportJson(report)));
  assert.is(document.rows[0].median, 1.5);
  assert.is(document.rows[2].median, null);
  assert.equal(
    document.targets.map((target: { result: string }) => target.result),
    ['reached', 'missed', 'missed', 'not measured'],
  );
});

test.run();
