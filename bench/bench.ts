/**
 * The benchmark: measures this program beside its peers, in one run, on this machine.
 *
 *     npm run bench -- [CASE…] [--size 3G] [--rounds 8] [--json FILE] [--write]
 *
 * A case is a file of bench/cases/; without one all are run. A target that is missed is printed as missed; the exit code
 * is 0 whenever the measuring itself went well.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { identitiesProve } from '../test/support/requires.js';
import type { BenchCase, BenchOptions, CaseReport } from './case.js';
import { describeMachine, machineText } from './machine.js';
import { reportJson, reportText, verdictText } from './report.js';
import { parseCount, parseSize } from './sizes.js';
import { writeDocuments } from './write-documents.js';

const folder = new URL('cases/', import.meta.url);
/** In the order of the page: from one blob to a store of many. */
const known = [
  'hash',
  'cold',
  'blocks',
  'many',
  'memory',
  'verify',
  'start',
  'hook',
  'burst',
  'scale',
  'stores',
  'archive',
];
const documents = fileURLToPath(new URL('../docs', import.meta.url));

async function load(name: string): Promise<BenchCase> {
  return ((await import(new URL(`${name}.ts`, folder).href)) as { benchmark: BenchCase }).benchmark;
}

async function usage(): Promise<string> {
  const lines = [
    'usage: npm run bench -- [CASE…] [--size 3G] [--rounds 8] [--json FILE] [--write]',
    '',
    '  --size     bytes of the files that are hashed',
    '  --rounds   measurements of each, at least; seven times as many where a verdict needs them, none below 8',
    '  --json     write the whole run with every sample into a file',
    '  --write    write docs/benchmarks.md and its charts; of all cases only',
    '',
  ];
  for (const name of known) lines.push(`  ${name.padEnd(10)} ${(await load(name)).summary}`);
  return `${lines.join('\n')}\n`;
}

interface Asked {
  readonly cases: readonly string[];
  readonly options: BenchOptions;
  readonly json: string | undefined;
  readonly write: boolean;
}

/** Throws where the words make no sense. */
function parse(): Asked {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      size: { type: 'string', default: '3G' },
      rounds: { type: 'string', default: '8' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}`);
  if (values.write && positionals.length > 0) throw new Error('--write goes without a case: the page shows them all');
  return {
    cases: positionals.length === 0 ? known : positionals,
    options: { size: parseSize(values.size), rounds: parseCount(values.rounds) },
    json: values.json,
    write: values.write,
  };
}

async function run({ cases, options, json, write }: Asked): Promise<void> {
  // Where a file's identity proves nothing (a /tmp in memory) nothing is remembered, and the half of it is absent.
  process.env.TMPDIR = [tmpdir(), '/var/tmp'].find(identitiesProve) ?? tmpdir();
  const machine = await describeMachine();
  process.stdout.write(`${machineText(machine)}\n`);
  const reports = new Map<string, CaseReport>();
  for (const name of cases) {
    const began = performance.now();
    try {
      const report = await (await load(name)).run(options);
      reports.set(name, report);
      const seconds = Math.round((performance.now() - began) / 1000);
      process.stdout.write(`\n${reportText(report)}\n(${name}: ${seconds} s)\n`);
    } catch (error) {
      process.stderr.write(`${name} could not be measured: ${error instanceof Error ? error.message : error}\n`);
      process.exitCode = 1;
    }
  }
  const verdicts = verdictText([...reports.values()]);
  if (verdicts !== '') process.stdout.write(`\n${verdicts}\n`);
  if (json !== undefined) {
    const byName = Object.fromEntries([...reports].map(([name, report]) => [name, reportJson(report)]));
    const document = { schema: 'blobcheck/bench/v2', machine, options, cases: byName };
    writeFileSync(json, `${JSON.stringify(document, null, 2)}\n`);
  }
  if (write && reports.size === cases.length) {
    const { size, rounds } = options;
    writeDocuments(documents, {
      machine: machineText(machine).split('\n'),
      command: `npm run bench -- --size ${size} --rounds ${rounds} --write`,
      reports: [...reports.values()],
    });
  }
}

let asked: Asked | null = null;
try {
  asked = parse();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${await usage()}`);
  process.exitCode = 2;
}
if (asked !== null) await run(asked);
