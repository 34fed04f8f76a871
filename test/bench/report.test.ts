import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CaseReport } from '../../bench/case.js';
import { number, reportJson, reportText, verdictText } from '../../bench/report.js';
import { report } from './sample-report.js';

const test = suite('bench/report');

const withOthers = (others: number | null): CaseReport => ({
  ...report,
  tables: report.tables.map((table) => ({ ...table, others })),
});

test('the text has every row, what is absent, and the notes', () => {
  const text = reportText(report);
  assert.match(text, /^ +GB\/s +best +spread +of peer$/m);
  assert.match(text, /^ours +1\.50 +1\.60 +±3\.3 % +1\.50$/m);
  assert.match(text, /^gone +absent +gone is not installed$/m);
  assert.match(text, /^A note\.$/m);
});

test('of times the best is the shortest', () => {
  const times = { ...report, tables: report.tables.map((table) => ({ ...table, unit: 'ms' as const })) };
  assert.match(reportText(times), /^ours +1\.50 +1\.40 /m);
});

test('what others did is told where it is much', () => {
  assert.match(reportText(withOthers(0.23)), /^Others had 23 % of the processors' time meanwhile\.$/m);
  assert.not.match(reportText(withOthers(0.02)), 'Others');
  assert.not.match(reportText(withOthers(null)), 'Others');
});

test('the verdicts of all cases stand in one table', () => {
  const text = verdictText([report, { ...report, tables: [] }]);
  assert.match(text, /^reached +ours \/ peer +>= +1\.4 +1\.50 +1\.45 … 1\.60 +8$/m);
  assert.match(text, /^missed +MB +<= +110 +111 +2$/m);
  assert.match(text, /^noisy +ours \/ more +>= +1\.5 +1\.50 +1\.45 … 1\.60 +8$/m);
  assert.match(text, /^absent +ours \/ gone +>= +1 +0$/m);
  assert.is(verdictText([]), '');
});

test('three digits count', () => {
  assert.equal([0.0664, 1.234, 12.34, 123.4, 12345.6].map(number), ['0.066', '1.23', '12.3', '123', '12346']);
});

test('the document has the samples, medians and verdicts', () => {
  const document = JSON.parse(JSON.stringify(reportJson(report)));
  const [table] = document.tables;
  assert.is(table.rows[0].median, 1.5);
  assert.equal(table.rows[0].samples, [1.5, 1.6, 1.4]);
  assert.is(table.rows[2].median, null);
  assert.equal(
    table.targets.map(({ verdict }: { verdict: string }) => verdict),
    ['reached', 'noisy', 'missed', 'absent'],
  );
});

test.run();
