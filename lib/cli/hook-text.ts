import { type EntryReport, escapeText, type Finding, findingLines, plain } from '../index.js';

/** Findings that a refusal tells: the lines end up in the event of a pod. */
const TOLD = 3;

export interface Told {
  readonly findings: readonly Finding[];
  readonly entries: readonly EntryReport[];
}

/** Why it is refused: the worst findings with expected, actual and remedy, and how to see the rest. */
export function refusalText({
  operation,
  words,
  findings,
  entries,
}: Told & { operation: string; words: readonly string[] }): string {
  const refused = entries.filter(({ verdict }) => verdict !== 'allow');
  const name = refused[0]?.ref ?? words.at(-1) ?? '';
  const against = [...findings, ...refused.flatMap((entry) => entry.findings)].filter(isAgainst);
  const lines = [`blobcheck: ${operation} of ${escapeText(name)} is refused`];
  for (const found of against.slice(0, TOLD)) lines.push(...findingLines(found, '  ', plain));
  if (against.length > TOLD) lines.push(`  and ${against.length - TOLD} more: blobcheck verify`);
  return `${lines.join('\n')}\n`;
}

/** One line for each thing that is told beside an allow. */
export function warningText({ findings, entries }: Told): string {
  const warnings = [...findings, ...entries.flatMap((entry) => entry.findings)].filter(
    ({ severity }) => severity === 'warning',
  );
  return warnings.map(({ code, message }) => `blobcheck: ${code}: ${escapeText(message)}\n`).join('');
}

const isAgainst = ({ severity }: Finding) => severity === 'error' || severity === 'unverified';
