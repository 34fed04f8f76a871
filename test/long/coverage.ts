/**
 * Adds up what `npm run coverage` has measured, a row for each room of lib, and fails where what judges and what it stands
 * on is covered by less than it must be.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { table } from './table.js';

interface Covered {
  readonly total: number;
  readonly covered: number;
}

type Measured = 'lines' | 'branches';

const project = fileURLToPath(new URL('../..', import.meta.url));
const mustBe = ['lib/qcow2', 'lib/store', 'lib/trust', 'lib/verify'];
const LEAST_PERCENT = 95;

const summary: Record<string, Record<Measured, Covered>> = JSON.parse(
  readFileSync(`${project}coverage/coverage-summary.json`, 'utf8'),
);
const files = Object.entries(summary)
  .filter(([path]) => path !== 'total' && hasCode(path))
  .map(([path, covered]) => ({ room: relative(project, path).split('/').slice(0, 2).join('/'), covered }));

/** A file of types alone is never loaded, and c8 counts its lines as missed. */
function hasCode(path: string): boolean {
  return transformSync(readFileSync(path, 'utf8'), { loader: 'ts' }).code.trim() !== '';
}

function percent(room: string, measured: Measured): number {
  const sum = { total: 0, covered: 0 };
  for (const file of files) {
    if (file.room !== room) continue;
    sum.total += file.covered[measured].total;
    sum.covered += file.covered[measured].covered;
  }
  return sum.total === 0 ? 0 : (100 * sum.covered) / sum.total;
}

const rooms = [...new Set([...mustBe, ...files.map(({ room }) => room)])].sort();
const rows = rooms.map((room) => {
  return [room, percent(room, 'lines').toFixed(2), percent(room, 'branches').toFixed(2)];
});
process.stdout.write(`${table(['room', 'lines %', 'branches %'], rows)}\n`);
for (const room of mustBe) {
  for (const measured of ['lines', 'branches'] as const) {
    if (percent(room, measured) >= LEAST_PERCENT) continue;
    process.stdout.write(`${room}: less than ${LEAST_PERCENT} % of its ${measured}\n`);
    process.exitCode = 1;
  }
}
