import type { CaseReport, Row, Table, Target, Unit } from './case.js';
import { median, ratio, spread } from './statistics.js';

/** From this part of the machine on, others' work is told beside a table. */
const TOLD_OTHERS = 0.05;

/** A report for people: each table, what others did meanwhile, the notes, and every target with what was measured. */
export function reportText({ title, tables, notes }: CaseReport): string {
  return [title, ...tables.flatMap((table) => ['', ...tableLines(table)]), '', ...notes].join('\n').trimEnd();
}

/** All targets of a run in one table, a verdict a row. */
export function verdictText(cases: readonly CaseReport[]): string {
  const targets = cases.flatMap(({ tables }) => tables.flatMap((table) => table.targets));
  if (targets.length === 0) return '';
  const lines = [['verdict', 'target', '', '', 'measured', 'between', 'rounds'], ...targets.map(targetCells)];
  return aligned(lines, [4, 6]).join('\n');
}

/** A report for programs. */
export function reportJson({ title, notes, tables }: CaseReport): object {
  const rowOf = (row: Row) => ({ ...row, median: median(row.samples), spread: spread(row.samples) });
  return { title, notes, tables: tables.map((table) => ({ ...table, rows: table.rows.map(rowOf) })) };
}

/** The cells of a table, without its heading: name, median, best, spread, in relation to the peer. */
export function rowCells(row: Row, { unit, relativeTo, rows }: Table): string[] {
  if (row.absent !== null) return [row.name, 'absent', '', '', row.absent];
  const base = rows.find(({ name }) => name === relativeTo)?.samples ?? [];
  const [middle, around, relative] = [median(row.samples), spread(row.samples), ratio(row.samples, base)];
  return [
    row.name,
    middle === null ? '' : number(middle),
    middle === null ? '' : number(bestOf(row.samples, unit)),
    around === null ? '' : `±${(around * 100).toFixed(1)} %`,
    relative === null ? '' : number(relative),
  ];
}

export function headingCells({ unit, relativeTo }: Table): string[] {
  return ['', unit, 'best', 'spread', relativeTo === null ? '' : `of ${relativeTo}`];
}

/** The cells of a target: verdict, name, relation, limit, measured, between, rounds. */
export function targetCells({ verdict, name, relation, limit, measured, between, rounds }: Target): string[] {
  return [
    verdict,
    name,
    relation,
    String(limit),
    measured === null ? '' : number(measured),
    between === null ? '' : `${number(between[0])} … ${number(between[1])}`,
    String(rounds),
  ];
}

/** What others did on the machine meanwhile, where it is worth telling. */
export function othersText({ others }: Table): string | null {
  if (others === null || others < TOLD_OTHERS) return null;
  return `Others had ${Math.round(others * 100)} % of the processors' time meanwhile.`;
}

/** Three digits that count. */
export function number(value: number): string {
  const size = Math.abs(value);
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}

/** Another program's work only ever makes a sample worse: the best is what the machine can do. */
function bestOf(samples: readonly number[], unit: Unit): number {
  return unit === 'GB/s' ? Math.max(...samples) : Math.min(...samples);
}

function tableLines(table: Table): string[] {
  const others = othersText(table);
  const rows = aligned([headingCells(table), ...table.rows.map((row) => rowCells(row, table))], [1, 2, 3, 4]);
  return [table.title, ...rows, ...(others === null ? [] : [others])];
}

function aligned(lines: readonly (readonly string[])[], right: readonly number[]): string[] {
  const columns = Math.max(...lines.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines.map((line) =>
    line
      .map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
