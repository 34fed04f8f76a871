import { basename } from 'node:path';
import type {
  EnsureReport,
  EntryReport,
  HashReport,
  SealReport,
  StatusReport,
  Verdict,
  VerifyReport,
} from '../../lib/report/documents.js';
import { contentAt } from './files-of.js';

/** How a run ended that something may have happened to. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run was asked, and by what its answer is measured. */
export interface Asked {
  /** What a full check says that nobody troubles. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** What the same command prints when nothing fails. */
  readonly printed: string;
  /** Whether the program itself was hit, or where it prints: then it may say no more than why. */
  readonly mayBeMute?: boolean;
}

type Document =
  | VerifyReport
  | EnsureReport
  | SealReport
  | StatusReport
  | HashReport
  | {
      readonly schema: 'blobcheck/inspect/v1';
      readonly error: string | null;
      readonly chain?: { readonly end: { readonly reason: string } } | null;
    };

/** Who is interrupted says nothing. */
const interrupted: ReadonlySet<number> = new Set([129, 130, 143]);

const exitCodes: Readonly<Record<Verdict, number>> = { allow: 0, deny: 1, unverified: 3 };

/** What is wrong with the document that a command has printed; nothing where it printed none and said why. */
export function brokenDocument(ended: Ended, asked: Asked): readonly string[] {
  const { status, signal, stdout, stderr } = ended;
  if (stdout === '') {
    if (signal !== null || interrupted.has(status ?? 0)) return [];
    if (status === 0) return ['it ends with 0 and says nothing'];
    if (asked.mayBeMute !== true) return [`one failure has ended it all: ${stderr.trim()}`];
    return stderr === '' ? ['it fails and says nothing'] : [];
  }
  let document: Document;
  try {
    document = JSON.parse(stdout);
  } catch {
    return status === 0 ? ['it ends with 0 and its document is torn'] : [];
  }
  return [...brokenContent(document, asked, status), ...brokenExit(document, ended)];
}

/** A document that could not be written whole is no success, whatever stands in it. */
function brokenExit(document: Document, { status, signal, stderr }: Ended): readonly string[] {
  if (signal !== null || !('verdict' in document) || stderr.includes('standard output cannot be written')) return [];
  const expected = exitCodes[document.verdict];
  return status === expected ? [] : [`its verdict is ${document.verdict} and its exit code ${status}`];
}

function brokenContent(document: Document, asked: Asked, status: number | null): readonly string[] {
  switch (document.schema) {
    case 'blobcheck/verify/v1':
      return document.snapshots.flatMap((entry) => brokenEntry(entry, asked));
    case 'blobcheck/ensure/v1':
      return document.verify.snapshots.flatMap((entry) => brokenEntry(entry, asked));
    case 'blobcheck/seal/v1':
      return document.blobs.flatMap(({ blob, path, outcome, digest, findings }) => {
        if (outcome === 'refused') return findings.length > 0 ? [] : [`${blob} is not sealed, and nobody says why`];
        return outcome === 'kept' || digest === `sha256:${contentAt(path)}` ? [] : [`${blob} is sealed as ${digest}`];
      });
    case 'blobcheck/hash/v1':
      return document.files.flatMap(({ path, digest, error }) => {
        if (digest === null) return error === null ? [`${path} has no digest, and nobody says why`] : [];
        return digest === `sha256:${contentAt(path)}` ? [] : [`${path} is said to be ${digest}`];
      });
    case 'blobcheck/status/v1':
      return status !== 0 || document.findings.length > 0 ? [] : otherThan(asked.printed, JSON.stringify(document));
    case 'blobcheck/inspect/v1':
      // A file below that cannot be opened ends the chain, with the reason, and is no failure of what was asked about.
      return document.error !== null || document.chain?.end.reason === 'unreadable'
        ? []
        : otherThan(asked.printed, JSON.stringify(document));
  }
}

function otherThan(expected: string, printed: string): readonly string[] {
  return expected === '' || expected.trim() === printed ? [] : ['it ends well and prints something else'];
}

/** Never a false allow; a sound one that is not allowed is named, with a reason, and it is not denied for an error. */
function brokenEntry({ ref, verdict, findings }: EntryReport, { verdicts }: Asked): readonly string[] {
  const right = verdicts.get(ref);
  if (verdict === 'allow') return right === 'allow' ? [] : [`FALSE ALLOW of ${ref}`];
  const against = findings.filter(({ severity }) => severity === 'error' || severity === 'unverified');
  const unnamed = against.filter(({ message, subject }) => message === '' || subject === null);
  if (against.length === 0 || unnamed.length > 0) return [`${ref} is not allowed, and nobody says what or why`];
  if (verdict !== 'deny' || right !== 'allow') return [];
  return [`FALSE DENY of ${ref}: ${against.map(({ code, message }) => `${code} ${message}`).join('; ')}`];
}

/** The same for a hook, which was asked about one snapshot; `hasConsented` by whatever its consent is. */
export function brokenConsent(ended: Ended, asked: Asked, ref: string, hasConsented: boolean): readonly string[] {
  const { status, signal, stderr } = ended;
  if (hasConsented) return asked.verdicts.get(ref) === 'allow' ? [] : [`FALSE ALLOW of ${ref}`];
  if (status === 0) return [`it ends with 0 without having consented to ${basename(ref)}`];
  return stderr === '' && signal === null && !interrupted.has(status ?? 0)
    ? [`${ref} is refused, and nobody says why`]
    : [];
}
