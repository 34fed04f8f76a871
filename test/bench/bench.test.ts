import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('bench/bench');
const program = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

function bench(words: readonly string[], temporary = temporaryDirectory()) {
  const env = { ...process.env, TMPDIR: temporary };
  return spawnSync(process.execPath, ['--import', 'tsx', program, ...words], { encoding: 'utf8', env });
}

test('without a case, or with an unknown one, it lists the cases and measures nothing', () => {
  for (const words of [[], ['nothing']]) {
    const run = bench(words);
    assert.is(run.status, 2);
    assert.is(run.stdout, '');
    for (const name of ['hash', 'memory', 'startup']) assert.match(run.stderr, new RegExp(`^ {2}${name} `, 'm'));
  }
});

test('a case prints the machine and its targets, writes the document, and removes its data', () => {
  const temporary = temporaryDirectory();
  mkdirSync(join(temporary, 'tmp'));
  const json = join(temporary, 'out.json');
  const run = bench(['hash', '--size', '3M', '--rounds', '1', '--json', json], join(temporary, 'tmp'));
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stdout, `Node ${process.version}`);
  assert.match(run.stdout, /^(reached|missed|not measured): hashFile in process \/ openssl speed, 64 KiB blocks/m);
  const document = JSON.parse(readFileSync(json, 'utf8'));
  assert.is(document.schema, 'blobcheck/bench/v1');
  assert.is(document.options.size, 3 * 2 ** 20);
  const inProcess = document.cases.hash.rows.find((row: { name: string }) => row.name === 'hashFile in process');
  assert.is(inProcess.samples.length, 1);
  const left = readdirSync(join(temporary, 'tmp')).filter((name) => name.startsWith('blobcheck-bench-'));
  assert.equal(left, []);
});

test.run();
