/**
 * The benchmark: measures this program beside its peers, in one run, on this machine.
 *
 *     npm run bench -- CASE… [--size 3G] [--rounds N] [--json FILE]
 *
 * A case is a file of bench/cases/. A target that is missed is printed as missed; the exit code is 0 whenever the
 * measuring itself went well.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchCase } from './case.js';
import { describeMachine, machineText } from './machine.js';
import { reportJson, reportText } from './report.js';
import { parseCount, parseSize } from './sizes.js';

const folder = new URL('cases/', import.meta.url);
const known = readdirSync(folder)
  .map((file) => basename(file, '.ts'))
  .sort();

async function load(name: string): Promise<BenchCase> {
  return ((await import(new URL(`${name}.ts`, folder).href)) as { benchmark: BenchCase }).benchmark;
}

async function usage(): Promise<string> {
  const lines = [`usage: npm run bench -- CASE… [--size 1G] [--rounds 5] [--json FILE]`, ''];
  for (const name of known) lines.push(`  ${name.padEnd(10)} ${(await load(name)).summary}`);
  return `${lines.join('\n')}\n`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '1G' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});

if (positionals.length === 0 || positionals.some((name) => !known.includes(name))) {
  process.stderr.write(await usage());
  process.exitCode = 2;
} else {
  const options = { size: parseSize(values.size), rounds: parseCount(values.rounds) };
  const machine = await describeMachine();
  process.stdout.write(`${machineText(machine)}\n`);
  const cases: Record<string, object> = {};
  for (const name of positionals) {
    const report = await (await load(name)).run(options);
    process.stdout.write(`\n${reportText(report)}\n`);
    cases[name] = reportJson(report);
  }
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ schema: 'blobcheck/bench/v1', machine, options, cases }, null, 2)}\n`,
    );
  }
}
