import { type Finding, finding } from '../../finding/finding.js';

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

const blobName = /^[0-9a-f]{64}\.qcow2$/;

/** QEMU's rule: a scheme is what stands before a colon, if no slash comes first. */
const pseudoProtocol = /^[^/]*:/;

/** Reads a backing name: UTF-8 (Cloud Hypervisor refuses others), no NUL (QEMU cuts there), no pseudo-protocol. */
export function readBackingName(bytes: Buffer | null): BackingName {
  if (bytes === null) return { kind: 'none' };
  const text = bytes.toString('utf8');
  const shown = text.slice(0, 200);
  if (bytes.includes(0)) return { kind: 'not-a-path', shown, why: 'it holds a NUL byte' };
  if (!Buffer.from(text, 'utf8').equals(bytes)) return { kind: 'not-a-path', shown, why: 'it is not UTF-8' };
  if (pseudoProtocol.test(text)) return { kind: 'not-a-path', shown, why: 'QEMU takes it for a protocol' };
  return { kind: 'path', path: text, absolute: text.startsWith('/') };
}

/** The hex digest in the name of the blob that an accepted backing name leads to; null while any finding stands. */
export function backingDigest(facts: BackingFacts): string | null {
  if (judgeBacking(facts).length > 0 || facts.name.kind !== 'path') return null;
  return lastSegment(facts.name.path).slice(0, 64);
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
