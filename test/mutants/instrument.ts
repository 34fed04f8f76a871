import type { Change } from './changes/change.js';
import { everyChange } from './changes/every-change.js';
import type { Mutant } from './mutant.js';

export interface Instrumented {
  /** The file with all its mutants in it, each behind the question whether it is the one. */
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

/** What asks for the switch (switch.ts). A function, since it stands ready before any module runs. */
const preamble = 'function __mutant(id: number): boolean { return (globalThis as any).blobcheckMutant(id); } ';

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Builds every mutant of a file into it, numbered from `firstId` on. */
export function instrument(source: string, file: string, firstId: number): Instrumented {
  const changes = everyChange(source);
  const mutants = changes.map((change, index) => mutantOf(change, source, file, firstId + index));
  const places = new Map<string, { readonly change: Change; readonly branches: { id: number; text: string }[] }>();
  changes.forEach((change, index) => {
    const key = `${change.form} ${change.start} ${change.end}`;
    const place = places.get(key) ?? { change, branches: [] };
    place.branches.push({ id: firstId + index, text: change.text });
    places.set(key, place);
  });
  // From the outside in: what begins at the same byte must open first and close last.
  const outerFirst = [...places.values()].sort(
    (a, b) => a.change.start - b.change.start || b.change.end - a.change.end,
  );
  const opening: Insertion[] = [];
  const closing: Insertion[] = [];
  for (const { change, branches } of outerFirst) {
    const [before, after] = around(change, branches);
    opening.push({ at: change.start, text: before });
    closing.unshift({ at: change.end, text: after });
  }
  const insertions = [...closing, ...opening].sort((a, b) => a.at - b.at);
  let code = preamble;
  let done = 0;
  for (const { at, text } of insertions) {
    code += source.slice(done, at) + text;
    done = at;
  }
  return { code: code + source.slice(done), mutants };
}

function around({ form }: Change, branches: readonly { id: number; text: string }[]): readonly [string, string] {
  if (form === 'insertion') {
    return [branches.map(({ id, text }) => `if (__mutant(${id})) { ${text} } `).join(''), ''];
  }
  if (form === 'statement') {
    // In braces, lest an `else` that follows becomes that of the question.
    const asked = branches.map(({ id, text }) => `if (__mutant(${id})) { ${text} } else `).join('');
    return [`{ ${asked}{ `, ' } }'];
  }
  return [`(${branches.map(({ id, text }) => `__mutant(${id}) ? (${text}) : `).join('')}(`, '))'];
}

function mutantOf(change: Change, source: string, file: string, id: number): Mutant {
  const from = source.lastIndexOf('\n', change.start - 1) + 1;
  const end = source.indexOf('\n', change.end);
  const to = end === -1 ? source.length : end;
  const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
  return {
    id,
    file,
    line: source.slice(0, change.start).split('\n').length,
    kind: change.kind,
    was: oneLine(source.slice(from, to)),
    becomes: oneLine(source.slice(from, change.start) + change.text + source.slice(change.end, to)),
  };
}
