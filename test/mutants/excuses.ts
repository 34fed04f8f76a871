import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.js';

/** What a mutant that no test kills does; none turns a deny into an allow. */
export type Effect =
  /** No input tells it from the code. */
  | 'equivalent'
  /** Other words, or findings in another order. */
  | 'words'
  /** More time or memory. */
  | 'slower'
  /** More is denied or unverified. */
  | 'stricter';

/** Survivors of one file, matched by what they make of which of its lines: numbers of lines move. */
export interface Excuse {
  readonly file: string;
  readonly effect: Effect;
  readonly why: string;
  readonly changes: readonly string[];
}

/** How a mutant stands in the list. */
export const changeOf = ({ was, becomes }: Mutant): string => `${was} ⇒ ${becomes}`;

export function readExcuses(): readonly Excuse[] {
  return JSON.parse(readFileSync(fileURLToPath(new URL('excuses.json', import.meta.url)), 'utf8'));
}

export function excuseOf(mutant: Mutant, excuses: readonly Excuse[]): Excuse | null {
  return excuses.find(({ file, changes }) => file === mutant.file && changes.includes(changeOf(mutant))) ?? null;
}

/** Changes of the list that excuse nothing any more, of files that were tried. */
export function idleExcuses(excuses: readonly Excuse[], survivors: readonly Mutant[], files: ReadonlySet<string>) {
  return excuses
    .filter(({ file }) => files.has(file))
    .flatMap(({ file, changes }) => changes.map((change) => ({ file, change })))
    .filter(({ file, change }) => !survivors.some((mutant) => mutant.file === file && changeOf(mutant) === change));
}
