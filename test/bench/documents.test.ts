import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeDocuments } from '../../bench/write-documents.js';
import { temporaryDirectory } from '../support/temporary.js';
import { bars, distribution, lines } from './sample-charts.js';
import { report } from './sample-report.js';
import { whyNotWellFormed } from './well-formed.js';

const test = suite('bench/write-documents');

function written(): { folder: string; page: string } {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'benchmarks'));
  writeFileSync(join(folder, 'benchmarks/of-before.svg'), '<svg/>');
  const [table] = report.tables;
  const piped = { ...report, title: 'Another', tables: table === undefined ? [] : [{ ...table, title: 'a|b <c>' }] };
  writeDocuments(folder, {
    machine: ['a processor', 'a kernel'],
    command: 'npm run bench -- --write',
    reports: [
      { ...report, charts: [bars, lines] },
      { ...piped, charts: [distribution] },
    ],
  });
  return { folder, page: readFileSync(join(folder, 'benchmarks.md'), 'utf8') };
}

test('the page shows the machine, every verdict, every row and every chart', () => {
  const { page } = written();
  assert.match(page, '```text\na processor\na kernel\n```');
  assert.match(page, '| reached | ours / peer | ≥ 1.4 | 1.50 | 1.45 … 1.60 | 8 |');
  assert.match(page, '| **missed** | MB | ≤ 110 | 111 |  | 2 |');
  assert.match(page, '| noisy | ours / more | ≥ 1.5 |');
  assert.match(page, '| absent | ours / gone |');
  assert.match(page, '| gone | absent |  |  | gone is not installed |');
  assert.match(page, '- A note.');
  assert.match(page, 'Written by `npm run bench -- --write`');
});

test('every chart that the page shows lies beside it, and none from before', () => {
  const { folder, page } = written();
  const shown = [...page.matchAll(/!\[.*\]\(benchmarks\/(.*)\)/g)].map(([, file]) => file).sort();
  assert.equal(shown, ['some-bars.svg', 'some-distribution.svg', 'some-lines.svg']);
  assert.equal(readdirSync(join(folder, 'benchmarks')).sort(), shown);
  for (const file of shown) {
    assert.is(whyNotWellFormed(readFileSync(join(folder, 'benchmarks', file ?? ''), 'utf8')), null);
  }
});

test('every line of a table has as many cells as its heading, whatever stands in them', () => {
  const { page } = written();
  const cellsOf = (line: string) => line.replaceAll('\\|', '').split('|').length;
  let columns = 0;
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) columns = 0;
    else if (columns === 0) columns = cellsOf(line);
    else assert.is(cellsOf(line), columns, line);
  }
  assert.match(page, 'a\\|b &lt;c>:');
});

test.run();
