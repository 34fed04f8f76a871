/**
 * The long forms of the tests that damage, interrupt, race and wear out:
 *
 *     npm run test:faults -- [--write] [WORD…]     only files whose path holds one of the words
 *
 * `--write` puts what the tests of each word counted into its section of docs/security.md, if all of them passed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Counts } from './amount.js';
import { writeSection } from './document-section.js';
import { LONG_FORMS } from './long-forms.js';
import { table } from './table.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
// As many faults of each command (test/faults/campaign.ts), for whoever has no hour.
const most = process.env.BLOBCHECK_TEST_FAULTS;
const limit = most === undefined ? '' : `BLOBCHECK_TEST_FAULTS=${most} `;
const words = positionals.length > 0 ? positionals : LONG_FORMS;
for (const word of words) {
  const { passed, counted } = runLong(word);
  const page = table(
    ['what', 'counted'],
    counted.map(({ what, counts }) => [what, countsText(counts)]),
  );
  process.stdout.write(`\n${page}\n\n`);
  if (!passed) process.exitCode = 1;
  else if (values.write) writeSection(word, `\`${limit}npm run test:faults -- ${word}\`\n\n${page}`);
}

interface Counted {
  readonly what: string;
  readonly counts: Counts;
}

/** Runs the test files whose path holds a word. */
function runLong(word: string): { readonly passed: boolean; readonly counted: readonly Counted[] } {
  const place = mkdtempSync(join(tmpdir(), 'blobcheck-faults-'));
  try {
    const file = join(place, 'counted');
    writeFileSync(file, '');
    const runner = fileURLToPath(new URL('../run.ts', import.meta.url));
    const env = { ...process.env, BLOBCHECK_TEST_LONG: '1', BLOBCHECK_TEST_TALLY: file };
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', runner, word], { env, stdio: 'inherit' });
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    const counted = lines.map((line) => JSON.parse(line) as Counted);
    return { passed: status === 0, counted: counted.sort((a, b) => (a.what < b.what ? -1 : 1)) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count.toLocaleString('en')}`)
    .join(', ');
}
