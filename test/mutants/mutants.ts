/**
 * Makes one mistake at a time in what judges, and looks whether a test fails of it:
 *
 *     npm run mutants -- [--again] [--tests WORD] [--write] [WORD…]     only files of lib whose path holds one of the words
 *
 * `--again` tries only what survived the last run, `--tests` only with tests whose path holds the word. What survives must stand in excuses.json with the reason why it allows
 * nothing that was denied, or this fails. `--write` puts the figures into docs/security.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSection } from '../long/document-section.js';
import { buildMutants } from './build-mutants.js';
import { changeOf, excuseOf, idleExcuses, readExcuses } from './excuses.js';
import { figures } from './figures.js';
import type { Fate, Mutant } from './mutant.js';
import { recordReach } from './reach.js';
import { tryMutants } from './try-mutants.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The tests of what judges, and of the commands that let it judge. Those of other rooms are too slow to be run once for a mutant. */
const testRooms = /^(qcow2|verify|cli|threats|remedy|archive|races|incidents)\b/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    tests: { type: 'string', multiple: true, default: [''] },
  },
});
const words = positionals.length > 0 ? positionals : ['lib/qcow2/', 'lib/verify/'];
const survivorsFile = join(project, 'coverage', 'surviving-mutants.json');
const say = (line: string) => process.stdout.write(`${line}\n`);

const tests = readdirSync(join(project, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && testRooms.test(name))
  .filter((name) => values.tests.some((word) => name.includes(word)))
  .map((name) => `test/${name}`);
const isMutated = (file: string) => file.startsWith('lib/') && words.some((word) => file.includes(word));
const build = await buildMutants(tests, isMutated);
const last = values.again && existsSync(survivorsFile) ? JSON.parse(readFileSync(survivorsFile, 'utf8')) : null;
const mutants = last === null ? build.mutants : build.mutants.filter((mutant) => isAmong(mutant, last));
const judging = readdirSync(join(project, 'lib'), { recursive: true, encoding: 'utf8' })
  .map((name) => `lib/${name}`)
  .filter((name) => name.endsWith('.ts') && isMutated(name));
for (const file of judging) if (!build.files.has(file)) say(`${file}: loaded by no test`);
say(`${mutants.length} mutants, ${tests.length} test files`);

const fates = await tried();

const excuses = readExcuses();
const survivors = survivorsOf(fates);
const unexcused = survivors.filter((mutant) => excuseOf(mutant, excuses) === null);
for (const { id, file, line, kind, was, becomes } of unexcused) {
  say(`\n${fates.get(id)} ${file}:${line} ${kind}\n  - ${was}\n  + ${becomes}`);
}
const idle = last === null ? idleExcuses(excuses, survivors, new Set(mutants.map(({ file }) => file))) : [];
for (const { file, change } of idle) say(`\nexcuses.json: ${file} has no such survivor: ${change}`);
save(fates);
const page = figures(mutants, fates, excuses);
say(`\n${page}`);
if (values.write) writeSection('mutants', `\`npm run mutants\`\n\n${page}`);
process.exitCode = unexcused.length > 0 ? 1 : 0;

function survivorsOf(fates: ReadonlyMap<number, Fate>): readonly Mutant[] {
  return mutants.filter(({ id }) => fates.get(id) === 'survived' || fates.get(id) === 'unreached');
}

/** An interrupted run is worth something too. */
function save(fates: ReadonlyMap<number, Fate>): void {
  writeFileSync(survivorsFile, JSON.stringify(survivorsOf(fates), null, 1));
}

async function tried() {
  try {
    return await tryMutants(mutants, await recordReach(build, say), build.program, say, save);
  } finally {
    build.remove();
  }
}

function isAmong(mutant: Mutant, those: readonly Mutant[]): boolean {
  return those.some((other) => other.file === mutant.file && changeOf(other) === changeOf(mutant));
}
