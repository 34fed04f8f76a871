import type { ReadAt } from '../file/read-at.js';
import type { Finding } from '../finding/finding.js';
import type { Qcow2Header } from '../qcow2/header.js';
import { parseBlobName } from '../store/blob.js';
import { judgeErofsFile } from './erofs-file.js';
import { judgeQcow2 } from './qcow2-file.js';

/** What is judged of a blob beside its content. */
export interface JudgedStructure {
  readonly findings: readonly Finding[];
  /** Of a base that is sound. */
  readonly header: Qcow2Header | null;
  /** It can be neither used nor sealed. */
  readonly bad: boolean;
  /** Not even a warning came of it. */
  readonly sound: boolean;
}

export interface StructureRequest {
  readonly blob: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  /** `sound`: the tables of this very content are known to be. */
  readonly tables: 'unknown' | 'sound';
}

/** Rule 13: header and tables of a base, superblock of a layer; a kernel is bytes. */
export async function judgeStructure(read: ReadAt, request: StructureRequest): Promise<JudgedStructure> {
  const kind = parseBlobName(request.blob)?.kind ?? 'base';
  const { findings, header } =
    kind === 'base'
      ? await structureOfBase(read, request)
      : { findings: kind === 'layer' ? await judgeErofsFile(read, request.size, request.path) : [], header: null };
  const bad = findings.some(({ severity }) => severity === 'error');
  return { findings, header: bad ? null : header, bad, sound: findings.length === 0 };
}

async function structureOfBase(read: ReadAt, { path, size, signal, tables }: StructureRequest) {
  const { facts, findings } = await judgeQcow2(read, size, path, 'blob', signal, tables);
  // Defence in depth: what is no qcow2 image has a finding that says so.
  return { findings, header: facts.kind === 'qcow2' ? facts.header : null };
}
