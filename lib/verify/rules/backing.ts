import { type Finding, finding } from '../../finding/finding.js';
import { backingPath } from '../../qcow2/backing-path.js';

/** What the bytes of a backing name say, before anything on the disk is looked at. */
export type BackingName =
  | { readonly kind: 'none' }
  | { readonly kind: 'not-a-path'; readonly shown: string; readonly why: string }
  | { readonly kind: 'path'; readonly path: string; readonly absolute: boolean };

export interface BackingFacts {
  /** Path of the overlay, for the findings. */
  readonly overlay: string;
  readonly name: BackingName;
  /** Where the blobs are, in every spelling that leads there; a base that is spelled otherwise is outside the store. */
  readonly spellings: readonly string[];
  /** Whether a relative name leads to the blobs from where the overlay lies; only asked where it stays there. */
  readonly relativeLeadsThere: boolean;
  /** True where the overlay stays in its place, so that a relative name is opened where it was judged. */
  readonly staysInPlace: boolean;
}

const blobName = /^([0-9a-f]{64})\.qcow2$/;

const why = {
  nul: 'it holds a NUL byte',
  'not-utf8': 'it is not UTF-8',
  protocol: 'QEMU takes it for a protocol',
} as const;

/** Reads a backing name: UTF-8 (Cloud Hypervisor refuses others), no NUL (QEMU cuts there), no pseudo-protocol. */
export function readBackingName(bytes: Buffer | null): BackingName {
  if (bytes === null) return { kind: 'none' };
  const read = backingPath(bytes);
  if (read.kind === 'path') return { kind: 'path', path: read.path, absolute: read.path.startsWith('/') };
  return { kind: 'not-a-path', shown: bytes.toString('utf8').slice(0, 200), why: why[read.kind] };
}

/** The hex digest in a name that `judgeBacking` accepts; null for one that it does not. */
export function digestInName(name: BackingName): string | null {
  return name.kind === 'path' ? (blobName.exec(lastSegment(name.path))?.[1] ?? null) : null;
}

/**
 * Rule 11: the name is absolute, spells the directory of the store's blobs as cocoon does, and ends in `<digest>.qcow2`.
 * Another spelling that leads there now (a link, `link/..`, /proc/self/cwd) may lead elsewhere for who opens it later.
 */
export function judgeBacking(facts: BackingFacts): Finding[] {
  const { name } = facts;
  if (name.kind === 'none') {
    return [backing(facts, 'backing-none', 'the overlay names no base', 'a blob of the store', 'none')];
  }
  if (name.kind === 'not-a-path') {
    const message = `the backing name is no file name: ${name.why}`;
    return [backing(facts, 'backing-not-a-path', message, 'an absolute path', name.shown)];
  }
  if (!name.absolute && !facts.staysInPlace) {
    const message = 'the overlay names its base by a relative path, which the clone opens from another directory';
    return [backing(facts, 'backing-relative', message, 'an absolute path', name.path)];
  }
  const inStore = name.absolute ? facts.spellings.includes(directoryOf(name.path)) : facts.relativeLeadsThere;
  if (!inStore) {
    const message = 'the overlay names a base outside the store';
    const expected = `a file directly in ${facts.spellings[0] ?? 'its blobs'}`;
    return [backing(facts, 'backing-outside-store', message, expected, name.path)];
  }
  if (!blobName.test(lastSegment(name.path))) {
    const message = 'the name of the base is no digest';
    return [backing(facts, 'backing-name-not-a-digest', message, '<64 lower-case hex digits>.qcow2', name.path)];
  }
  return [];
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function backing(
  facts: BackingFacts,
  code:
    | 'backing-none'
    | 'backing-not-a-path'
    | 'backing-relative'
    | 'backing-outside-store'
    | 'backing-name-not-a-digest',
  message: string,
  expected: string,
  actual: string,
): Finding {
  return finding(code, message, {
    subject: facts.overlay,
    expected,
    expectedFrom: 'cocoon',
    actual,
  });
}
