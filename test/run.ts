/**
 * Runs every test file in a process of its own and reads uvu's totals, because uvu 0.5.6 exits with 0 when a `before`
 * hook throws or a file forgets `.run()`: a file passes only if all that it has were passed or skipped by name, and it has
 * at least one.
 *
 *     tsx test/run.ts [--root DIR] [WORD…]     only the files whose path holds one of the words
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identitiesProve } from './support/requires.js';

/**
 * Seconds without a word after which a file is killed. One that has said nothing at all is started once more: the thread
 * in which Node 20 keeps a loader's hooks may never answer (seen: the main thread in Atomics.wait, that one idle). One
 * test of a long form may take hours.
 */
const { BLOBCHECK_TEST_LONG, BLOBCHECK_TEST_SILENCE } = process.env;
const silenceSeconds = Number(BLOBCHECK_TEST_SILENCE ?? (BLOBCHECK_TEST_LONG === undefined ? 300 : 86_400));
const SILENT = `killed: it said nothing for ${silenceSeconds} seconds\n`;

interface Outcome {
  readonly file: string;
  readonly output: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const project = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const rootFlag = words.indexOf('--root');
const root = rootFlag === -1 ? join(project, 'test') : (words.splice(rootFlag, 2)[1] ?? '.');

// Where a file's identity proves nothing (a /tmp in memory) less can be tested.
const temporaryPlace = [tmpdir(), '/var/tmp'].find(identitiesProve) ?? tmpdir();

function testFiles(): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.test.ts')).sort();
  return words.length === 0 ? files : files.filter((name) => words.some((word) => name.includes(word)));
}

function count(output: string, label: string): number {
  let sum = 0;
  for (const match of output.matchAll(new RegExp(`^ {2}${label}:\\s+(\\d+)`, 'gm'))) sum += Number(match[1]);
  return sum;
}

async function runFile(name: string): Promise<Outcome> {
  const outcome = await runOnce(name);
  return outcome.output === SILENT ? await runOnce(name) : outcome;
}

function runOnce(name: string): Promise<Outcome> {
  const file = relative(project, join(root, name));
  // Full-colour diffs are of no use in a log, and a test that inherits a user's variables is not the same everywhere.
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', TMPDIR: temporaryPlace };
  for (const key of Object.keys(env)) if (/^(COCOON_|BLOBCHECK_(?!NO_SKIP|TEST_))/.test(key)) delete env[key];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, name)], { cwd: project, env });
    let output = '';
    const silence = setTimeout(() => {
      output += SILENT;
      child.kill('SIGKILL');
      // What it has started may hold them open.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    }, silenceSeconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        silence.refresh();
      });
    }
    child.on('close', (code, signal) => {
      clearTimeout(silence);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminal colours
      const plain = output.replace(/\x1b\[[0-9;]*m/g, '');
      const total = count(plain, 'Total');
      const passed = count(plain, 'Passed');
      const skipped = count(plain, 'Skipped');
      // uvu's total leaves the skipped ones out.
      const ranNothing = total + skipped === 0 ? 1 : 0;
      const lost = Math.max(total - passed, code === 0 && signal === null ? 0 : 1, ranNothing);
      resolve({ file, output: plain, passed, failed: lost, skipped });
    });
  });
}

const files = testFiles();
const outcomes: Outcome[] = [];
const queue = [...files];

async function worker(): Promise<void> {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const outcome = await runFile(name);
    outcomes.push(outcome);
    const skips = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
    process.stdout.write(`${outcome.failed > 0 ? 'FAIL' : 'ok  '} ${outcome.file} (${outcome.passed}${skips})\n`);
    for (const line of outcome.output.match(/^SKIP .*$/gm) ?? []) process.stdout.write(`     ${line}\n`);
    if (outcome.failed > 0) process.stdout.write(`${outcome.output}\n`);
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));

const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
const failed = sum((outcome) => outcome.failed) + (files.length === 0 ? 1 : 0);
const skipped = sum((outcome) => outcome.skipped);
if (files.length === 0) process.stdout.write('no test file matches\n');
process.stdout.write(`${sum((o) => o.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed > 0 ? 1 : 0;
