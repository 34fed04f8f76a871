import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseReport } from './case.js';
import { drawChart } from './charts/draw.js';
import { benchmarksPage } from './markdown.js';

export interface Documents {
  readonly machine: readonly string[];
  readonly command: string;
  readonly reports: readonly CaseReport[];
}

/** Writes `benchmarks.md` and the charts that it shows into a folder; charts that it shows no longer go. */
export function writeDocuments(folder: string, { machine, command, reports }: Documents): void {
  const charts = join(folder, 'benchmarks');
  mkdirSync(charts, { recursive: true });
  for (const name of readdirSync(charts)) if (name.endsWith('.svg')) rmSync(join(charts, name));
  for (const chart of reports.flatMap((report) => report.charts)) {
    writeFileSync(join(charts, `${chart.file}.svg`), drawChart(chart));
  }
  writeFileSync(join(folder, 'benchmarks.md'), benchmarksPage({ machine, command, reports, charts: 'benchmarks' }));
}
