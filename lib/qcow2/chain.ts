import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { backingPath } from './backing-path.js';
import { backingFormat, type HeaderFacts, readHeader } from './header.js';
import { MAX_CHAIN_DEPTH } from './limits.js';

export interface ChainLink {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** The backing file's name as the file above has it; null for the first file. */
  readonly named: string | null;
  /** The format that the file above names for this one; null where it names none. */
  readonly namedFormat: string | null;
  /** Bytes. */
  readonly size: number;
  readonly facts: HeaderFacts;
}

export type ChainEndReason =
  | 'no-backing-file'
  /** A raw file, or one that is named as another format than qcow2. */
  | 'not-qcow2'
  | 'header-unreadable'
  | 'missing'
  | 'not-regular'
  | 'unreadable'
  | 'not-a-path'
  | 'nul-in-name'
  | 'name-not-utf8'
  | 'too-deep'
  | 'cycle';

export interface Chain {
  /** The first file, and each backing file that was opened. */
  readonly links: readonly ChainLink[];
  readonly end: { readonly reason: ChainEndReason; readonly detail: string };
}

export interface ChainOptions {
  /** Backing files below the first file. */
  readonly maxDepth?: number;
  readonly signal?: AbortSignal;
}

interface Step {
  readonly path: string;
  readonly named: string | null;
  readonly namedFormat: string | null;
}

type End = Chain['end'];

/**
 * Follows the backing files as the files name them, a relative name from the directory of the file that has it, and
 * says where and why that stops. Opens regular files only; judges nothing; throws only `aborted`.
 */
export async function readChain(path: string, options: ChainOptions = {}): Promise<Chain> {
  const links: ChainLink[] = [];
  const seen = new Set<string>();
  let step: Step = { path, named: null, namedFormat: null };
  for (;;) {
    if (options.signal?.aborted) throw new BlobcheckError('aborted', 'interrupted', { cause: options.signal.reason });
    if (links.length > (options.maxDepth ?? MAX_CHAIN_DEPTH)) {
      return { links, end: { reason: 'too-deep', detail: step.path } };
    }
    const opened = await openLink(step, seen);
    if ('reason' in opened) return { links, end: opened };
    links.push(opened);
    const next = nextStep(opened);
    if ('reason' in next) return { links, end: next };
    step = next;
  }
}

async function openLink(step: Step, seen: Set<string>): Promise<ChainLink | End> {
  let path: string;
  try {
    // openRegular follows no link: here the question is what the name leads to.
    path = await realpath(step.path);
  } catch (error) {
    const code = systemErrorCode(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { reason: isMissing ? 'missing' : 'unreadable', detail: `${step.path}: ${systemErrorText(error)}` };
  }
  const opened = await openRegular(path);
  if (opened.kind === 'missing') return { reason: 'missing', detail: path };
  if (opened.kind === 'not-regular') return { reason: 'not-regular', detail: `${path} is a ${opened.what}` };
  if (opened.kind === 'unreadable') {
    return { reason: 'unreadable', detail: `${path}: ${systemErrorText(opened.error)}` };
  }
  try {
    const identity = `${opened.stats.dev}:${opened.stats.ino}`;
    if (seen.has(identity)) return { reason: 'cycle', detail: path };
    seen.add(identity);
    const size = Number(opened.stats.size);
    const facts = await readHeader(readAtOf(opened.handle, path), size);
    return { path, named: step.named, namedFormat: step.namedFormat, size, facts };
  } catch (error) {
    if (error instanceof BlobcheckError) return { reason: 'unreadable', detail: `${path}: ${error.message}` };
    throw error;
  } finally {
    await opened.handle.close();
  }
}

function nextStep(link: ChainLink): Step | End {
  const { path, namedFormat, facts } = link;
  if (namedFormat !== null && namedFormat !== 'qcow2') {
    return { reason: 'not-qcow2', detail: `${path} is named as ${namedFormat}` };
  }
  if (facts.kind === 'not-qcow2') return { reason: 'not-qcow2', detail: path };
  if (facts.kind === 'truncated') return { reason: 'header-unreadable', detail: path };
  const { backing } = facts.header;
  if (backing === null || backing.offset === 0n) return { reason: 'no-backing-file', detail: path };
  if (backing.name === null)
    return { reason: 'header-unreadable', detail: `${path}: its backing name is out of place` };
  const next = backingPath(backing.name);
  if (next.kind === 'nul') return { reason: 'nul-in-name', detail: path };
  if (next.kind === 'not-utf8') return { reason: 'name-not-utf8', detail: path };
  if (next.kind === 'protocol') return { reason: 'not-a-path', detail: next.name };
  // Not put together as text: the kernel resolves `..` behind a link from where that leads.
  const beside = isAbsolute(next.path) ? next.path : `${dirname(path)}/${next.path}`;
  return { path: beside, named: next.path, namedFormat: backingFormat(facts.header) };
}
