import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('bench/bench');
const program = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));
const cases = readdirSync(new URL('../../bench/cases/', import.meta.url)).map((file) => file.replace('.ts', ''));

function bench(words: readonly string[], temporary = temporaryDirectory()) {
  const env = { ...process.env, TMPDIR: temporary };
  return spawnSync(process.execPath, ['--import', 'tsx', program, ...words], { encoding: 'utf8', env });
}

test('every case is known', () => {
  const known = [...bench(['nothing']).stderr.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  assert.equal(known.sort(), cases.sort());
});

const nonsense: readonly { readonly words: readonly string[]; readonly why: string }[] = [
  { words: ['nothing'], why: 'there is no case nothing' },
  { words: ['hash', '--size', '3GB'], why: 'not a size: 3GB' },
  { words: ['hash', '--rounds', '0'], why: 'not a count: 0' },
  { words: ['hash', '--write'], why: '--write goes without a case' },
  { words: ['hash', '--fast'], why: "Unknown option '--fast'" },
];

for (const { words, why } of nonsense) {
  test(`${words.join(' ')} measures nothing, says why and lists the cases`, () => {
    const run = bench(words);
    assert.is(run.status, 2);
    assert.is(run.stdout, '');
    assert.match(run.stderr, why);
    for (const name of cases) assert.match(run.stderr, new RegExp(`^ {2}${name} `, 'm'));
  });
}

test('a case prints the machine, its rows and verdicts, writes the document, and removes its data', () => {
  const temporary = temporaryDirectory();
  mkdirSync(join(temporary, 'tmp'));
  const json = join(temporary, 'out.json');
  const run = bench(['hash', '--size', '3M', '--rounds', '1', '--json', json], join(temporary, 'tmp'));
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stdout, `Node ${process.version}`);
  assert.match(run.stdout, /^(noisy|absent) +hashFile in process \/ openssl speed, 8 MiB blocks +>= +0\.92 /m);
  const document = JSON.parse(readFileSync(json, 'utf8'));
  assert.is(document.schema, 'blobcheck/bench/v2');
  assert.is(document.options.size, 3 * 2 ** 20);
  const [table] = document.cases.hash.tables;
  const inProcess = table.rows.find((row: { name: string }) => row.name === 'hashFile in process');
  assert.is(inProcess.samples.length, 1);
  const left = readdirSync(join(temporary, 'tmp')).filter((name) => name.startsWith('blobcheck-bench-'));
  assert.equal(left, []);
});

test('a case that cannot be measured is an error, and says why', () => {
  const run = bench(['hash', '--size', '8000T', '--rounds', '1']);
  assert.is(run.status, 1);
  assert.match(run.stderr, 'hash could not be measured: the temporary directory');
});

test.run();
