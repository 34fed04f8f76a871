import { dirname } from 'node:path';
import { table } from '../long/table.js';
import { type Effect, type Excuse, excuseOf } from './excuses.js';
import type { Fate, Mutant } from './mutant.js';

const effects: readonly Effect[] = ['equivalent', 'words', 'slower', 'stricter'];

/** What became of the mutants, a row for each directory. */
export function figures(
  mutants: readonly Mutant[],
  fates: ReadonlyMap<number, Fate>,
  excuses: readonly Excuse[],
): string {
  const directories = [...new Set(mutants.map(({ file }) => dirname(file)))].sort();
  const head = ['mutants of', 'made', 'killed', 'endless', ...effects, 'that may allow what was denied'];
  const rows = directories.map((directory) => {
    const here = mutants.filter(({ file }) => dirname(file) === directory);
    const count = (holds: (mutant: Mutant) => boolean) => here.filter(holds).length.toLocaleString('en');
    const survives = ({ id }: Mutant) => fates.get(id) === 'survived' || fates.get(id) === 'unreached';
    const effectOf = (mutant: Mutant) => (survives(mutant) ? (excuseOf(mutant, excuses)?.effect ?? 'unknown') : null);
    return [
      directory,
      count(() => true),
      count(({ id }) => fates.get(id) === 'killed'),
      count(({ id }) => fates.get(id) === 'timed out'),
      ...effects.map((effect) => count((mutant) => effectOf(mutant) === effect)),
      count((mutant) => effectOf(mutant) === 'unknown'),
    ];
  });
  return table(head, rows);
}
