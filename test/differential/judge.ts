import { readFileSync } from 'node:fs';
import type { Finding } from '../../lib/finding/finding.js';
import type { Qcow2Header } from '../../lib/qcow2/header.js';
import { judgeOverlayContent } from '../../lib/verify/overlay.js';
import { judgeQcow2 } from '../../lib/verify/qcow2-file.js';
import { verdictOf } from '../../lib/verify/verdict.js';
import { readBuffer } from '../qcow2/in-memory.js';

/** An overlay is judged with the name of its base, a blob without one. */
export type Role = 'overlay' | 'blob';

export interface Judged {
  readonly role: Role;
  readonly isAllowed: boolean;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** Null where it is no qcow2 image. */
  readonly header: Qcow2Header | null;
}

/** Rules 9 to 11, or 13, as `verify` asks them; nothing that the image names is opened. */
export async function judge(file: Buffer, role: Role, blobs: string): Promise<Judged> {
  const read = readBuffer(file);
  const { findings, header } =
    role === 'overlay'
      ? await asOverlay(file, blobs)
      : headerAnd(await judgeQcow2(read, file.length, 'blob', 'blob', undefined));
  return {
    role,
    isAllowed: verdictOf(findings) === 'allow',
    errors: findings.filter(({ severity }) => severity === 'error'),
    warnings: findings.filter(({ severity }) => severity !== 'error'),
    header,
  };
}

async function asOverlay(file: Buffer, blobs: string) {
  const of = { path: 'overlay', size: file.length, tables: 'unknown' as const };
  const place = { blobs, spellings: [blobs], staysInPlace: false };
  return judgeOverlayContent(readBuffer(file), of, place, undefined);
}

function headerAnd({ facts, findings }: Awaited<ReturnType<typeof judgeQcow2>>) {
  return { findings, header: facts.kind === 'qcow2' ? facts.header : null };
}

export const judgeFile = (path: string, role: Role, blobs: string): Promise<Judged> => {
  return judge(readFileSync(path), role, blobs);
};
