import type { CaseReport, Row, Target } from './case.js';
import { median, ratio, spread } from './statistics.js';

export type Reached = 'reached' | 'missed' | 'not measured';

export function reached(target: Target): Reached {
  if (target.measured === null) return 'not measured';
  const holds = target.relation === '>=' ? target.measured >= target.limit : target.measured <= target.limit;
  return holds ? 'reached' : 'missed';
}

/** A report for people: a table, the notes, and every target with what was measured. */
export function reportText(report: CaseReport): string {
  const base = report.rows.find(({ name }) => name === report.relativeTo)?.samples ?? [];
  const table = [
    ['', report.unit, 'best', 'spread', report.relativeTo === null ? '' : `of ${report.relativeTo}`],
    ...report.rows.map((row) => cells(row, report.unit, base)),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((line) => (line[column] ?? '').length)));
  const lines = table.map((line) =>
    line
      .map((cell, i) => pad(cell, widths[i] ?? 0, i > 0))
      .join('  ')
      .trimEnd(),
  );
  const targets = report.targets.map(targetText);
  return [report.title, '', ...lines, '', ...report.notes, ...targets].join('\n');
}

/** A report for programs. */
export function reportJson(report: CaseReport): object {
  return {
    ...report,
    rows: report.rows.map((row) => ({ ...row, median: median(row.samples), spread: spread(row.samples) })),
    targets: report.targets.map((target) => ({ ...target, result: reached(target) })),
  };
}

function targetText(target: Target): string {
  const { name, relation, limit, measured } = target;
  const words = measured === null ? 'one side is absent' : `measured ${number(measured)}`;
  return `${reached(target)}: ${name} ${relation} ${limit}, ${words}`;
}

function cells(row: Row, unit: CaseReport['unit'], base: readonly number[]): string[] {
  if (row.absent !== null) return [row.name, 'absent', '', '', row.absent];
  const [middle, around, relative] = [median(row.samples), spread(row.samples), ratio(row.samples, base)];
  return [
    row.name,
    middle === null ? '' : number(middle),
    // Another program's work only ever makes a sample worse: the best is what the machine can do.
    middle === null ? '' : number(unit === 'GB/s' ? Math.max(...row.samples) : Math.min(...row.samples)),
    around === null ? '' : `±${(around * 100).toFixed(1)} %`,
    relative === null ? '' : number(relative),
  ];
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(3);
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
