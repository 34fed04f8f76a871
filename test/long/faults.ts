/**
 * The long forms of the tests that damage, interrupt, race and wear out:
 *
 *     npm run test:faults -- [--write] [WORD…]     only files whose path holds one of the words
 *
 * `--write` puts what they counted into docs/security.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Counts } from './amount.js';
import { writeSection } from './document-section.js';
import { table } from './table.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const words =
  positionals.length > 0 ? positionals : ['faults/', 'races/', 'endurance/', 'differential/', 'remedy/killed'];
const place = mkdtempSync(join(tmpdir(), 'blobcheck-faults-'));
const counted = join(place, 'counted');
writeFileSync(counted, '');
try {
  const runner = fileURLToPath(new URL('../run.ts', import.meta.url));
  const env = { ...process.env, BLOBCHECK_TEST_LONG: '1', BLOBCHECK_TEST_TALLY: counted };
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', runner, ...words], { env, stdio: 'inherit' });
  const tallies = readFileSync(counted, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { what: string; counts: Counts })
    .sort((a, b) => (a.what < b.what ? -1 : 1));
  const rows = tallies.map(({ what, counts }) => [what, countsText(counts)]);
  const page = table(['what', 'counted'], rows);
  process.stdout.write(`\n${page}\n`);
  if (values.write) writeSection('faults', `\`npm run test:faults\`\n\n${page}`);
  process.exitCode = status ?? 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}

function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count.toLocaleString('en')}`)
    .join(', ');
}
