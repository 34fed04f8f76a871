/**
 * Tries every property with new inputs, each for an equal part of the time:
 *
 *     npm run fuzz -- [--minutes N] [--seed N] [--write] [WORD…]     only properties whose name holds one of the words
 *
 * Prints the seed, which makes a run that ended by its number of inputs repeatable; what fails is saved, and `npm test` tries
 * it from then on. `--write` puts the figures into docs/security.md.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { writeSection } from '../long/document-section.js';
import { table } from '../long/table.js';
import { everyProperty } from './every-property.js';
import { type Property, tryInputs } from './property.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    write: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const chosen = everyProperty.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('--minutes and --seed take numbers');
if (chosen.length === 0) throw new Error('no property is called so');

process.stdout.write(`${chosen.length} properties, ${minutes} minutes, --seed ${seed}\n`);
const rows: string[][] = [];
let failures = 0;
for (const property of chosen) {
  const { tried, failure } = await tryFor(property, (minutes * 60_000) / chosen.length);
  if (failure !== null) failures += 1;
  rows.push([property.name, tried.toLocaleString('en'), failure === null ? '0' : '1']);
  process.stdout.write(`${failure === null ? 'ok  ' : 'FAIL'} ${property.name}: ${tried} inputs\n`);
  if (failure !== null) process.stdout.write(`${failure.file}\n${failure.reason}\n`);
}
const page = table(['property', 'inputs tried', 'failed'], rows);
if (values.write) writeSection('fuzz', `\`npm run fuzz -- --minutes ${minutes} --seed ${seed}\`\n\n${page}`);
process.exitCode = failures > 0 ? 1 : 0;

/** No test of one input may take for ever, but neither is one cut short. */
async function tryFor(property: Property, milliseconds: number) {
  return await tryInputs(property, { seed, runs: Number.MAX_SAFE_INTEGER, milliseconds });
}
