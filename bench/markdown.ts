import type { CaseReport, Table } from './case.js';
import { headingCells, othersText, rowCells, targetCells } from './report.js';

export interface PageSpec {
  /** Lines that describe the machine. */
  readonly machine: readonly string[];
  /** The command that writes the page. */
  readonly command: string;
  readonly reports: readonly CaseReport[];
  /** Where the charts lie, from the page. */
  readonly charts: string;
}

/** The page of all cases: how it was made, on what, the verdicts, then each case with its charts and tables. */
export function benchmarksPage({ machine, command, reports, charts }: PageSpec): string {
  const targets = reports.flatMap(({ tables }) => tables.flatMap((table) => table.targets));
  const lines = [
    '# Benchmarks',
    '',
    `Written by \`${command}\`: not to be edited by hand. Every row was measured beside its peers in one run, round by round,`,
    'in a new order every time; what is compared are the two measurements of one round. Numbers are medians; the spread is half the',
    'way between the quartiles. A verdict is given where the whole interval in which the median lies with 99 % confidence (between)',
    'is on one side of the target; else more rounds are played, and what stays undecided is noisy. Bytes are counted in GB of 10⁹.',
    '',
    '```text',
    ...machine,
    '```',
    '',
    '## Targets',
    '',
    ...table(['verdict', 'target', '', 'measured', 'between', 'rounds'], targets.map(targetRow), [3, 4, 5]),
  ];
  for (const report of reports) lines.push('', ...caseLines(report, charts));
  return `${lines.join('\n')}\n`;
}

const targetRow = (target: CaseReport['tables'][number]['targets'][number]): string[] => {
  const [verdict = '', name = '', relation = '', limit = '', ...rest] = targetCells(target);
  const sign = { '>=': '≥', '<=': '≤' }[relation] ?? relation;
  return [verdict === 'missed' ? '**missed**' : verdict, name, `${sign} ${limit}`, ...rest];
};

function caseLines({ title, tables, charts: drawn, notes }: CaseReport, charts: string): string[] {
  return [
    `## ${title}`,
    ...drawn.flatMap(({ file, title: what, description }) => [
      '',
      `![${cell(`${what}. ${description}`)}](${charts}/${file}.svg)`,
    ]),
    ...tables.flatMap((one) => ['', ...measuredLines(one)]),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${cell(note)}`)] : []),
  ];
}

function measuredLines(one: Table): string[] {
  const others = othersText(one);
  return [
    `${cell(one.title)}:`,
    '',
    ...table(
      headingCells(one),
      one.rows.map((row) => rowCells(row, one)),
      [1, 2, 3, 4],
    ),
    ...(others === null ? [] : ['', others]),
  ];
}

function table(heading: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    line(heading),
    `|${heading.map((_, at) => (right.includes(at) ? '---:' : '---')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** A pipe ends a cell, and an angle bracket begins HTML. */
function cell(words: string): string {
  return words.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
