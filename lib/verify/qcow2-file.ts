import type { ReadAt } from '../file/read-at.js';
import type { Finding } from '../finding/finding.js';
import { type HeaderFacts, readHeader } from '../qcow2/header.js';
import { walkTables } from '../qcow2/tables.js';
import { judgeHeader } from './rules/qcow2-header.js';
import { judgeTables } from './rules/qcow2-tables.js';

export interface JudgedQcow2 {
  readonly facts: HeaderFacts;
  readonly findings: readonly Finding[];
}

/**
 * Rules 9, 10 and 13: header and tables of an open image. Tables of a header that is refused are not walked, nor those that
 * are known to be sound.
 */
export async function judgeQcow2(
  read: ReadAt,
  fileSize: number,
  subject: string,
  role: 'overlay' | 'blob',
  signal: AbortSignal | undefined,
  tables: 'unknown' | 'sound' = 'unknown',
): Promise<JudgedQcow2> {
  const facts = await readHeader(read, fileSize);
  const findings = judgeHeader(facts, subject, role);
  const isRefused = facts.kind !== 'qcow2' || findings.some(({ severity }) => severity === 'error');
  if (isRefused || tables === 'sound') return { facts, findings };
  const isWritten = role === 'overlay';
  const walked = await walkTables(read, facts.header, signal === undefined ? { isWritten } : { isWritten, signal });
  return { facts, findings: [...findings, ...judgeTables(walked, subject, role)] };
}
