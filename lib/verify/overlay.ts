import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorText } from '../errors.js';
import { whatChanged } from '../file/changed.js';
import { type FileIdentity, identityOf } from '../file/identity.js';
import { openRegular } from '../file/open-regular.js';
import { type ReadAt, readAtOf } from '../file/read-at.js';
import { type Finding, finding } from '../finding/finding.js';
import { DIRTY } from '../qcow2/features.js';
import { backingFormat, type Qcow2Header } from '../qcow2/header.js';
import type { DiskReport } from '../report/documents.js';
import { judgeQcow2 } from './qcow2-file.js';
import { type BackingFacts, digestInName, judgeBacking, readBackingName } from './rules/backing.js';
import { verdictOf } from './verdict.js';

/** Where an overlay's base must lie, and how its name is taken. */
export interface BlobPlace {
  /** The directory of the blobs, links resolved where that can be done. */
  readonly blobs: string;
  /** Every spelling of that directory under which a base may be named. */
  readonly spellings: readonly string[];
  /** True where the overlay stays in its place, so that a relative name is opened where it was judged. */
  readonly staysInPlace: boolean;
}

export interface JudgedOverlay {
  readonly findings: readonly Finding[];
  /** Null when the file could not be read as a qcow2 image. */
  readonly header: Qcow2Header | null;
  /** Hex digest of the base that it names; null while the name is not accepted. */
  readonly base: string | null;
  /** By which path whoever opens it opens that base; null with `base`. */
  readonly basePath: string | null;
  /** The file that was judged; null where it is none of its own. */
  readonly identity: FileIdentity | null;
}

/** Rules 9 to 11: the overlay's header, its tables, and the name of its base. Nothing that it names is opened. */
export async function judgeOverlay(path: string, place: BlobPlace, signal?: AbortSignal): Promise<JudgedOverlay> {
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') return { ...nothing, findings: [notOpened(path, opened)] };
  try {
    const of = { path, size: Number(opened.stats.size), tables: 'unknown' as const };
    const content = await judgeOverlayContent(readAtOf(opened.handle, path), of, place, signal);
    const judged = { ...content, identity: identityOf(opened.stats) };
    const changed = await whatChanged(path, opened.stats, await opened.handle.stat({ bigint: true }));
    if (changed === null) return judged;
    const found = finding('file-changed', 'the overlay changed while it was being judged', { subject: path });
    return { ...judged, findings: [found, ...judged.findings] };
  } finally {
    await opened.handle.close();
  }
}

const nothing = { header: null, base: null, basePath: null, identity: null } as const;

/** The same for content that is no file of its own. `tables: 'unread'` leaves rule 10 to whoever has all of it. */
export async function judgeOverlayContent(
  read: ReadAt,
  { path, size, tables }: { readonly path: string; readonly size: number; readonly tables: 'unknown' | 'unread' },
  place: BlobPlace,
  signal: AbortSignal | undefined,
): Promise<JudgedOverlay> {
  const walk = tables === 'unread' ? 'sound' : 'unknown';
  const { facts, findings } = await judgeQcow2(read, size, path, 'overlay', signal, walk);
  if (facts.kind !== 'qcow2') return { ...nothing, findings };
  const { header } = facts;
  if (header.backing !== null && header.backing.name === null) {
    // Defence in depth: rule 9 has said so already, and an unread name must never pass for none.
    const unread = finding('overlay-malformed', 'the backing name cannot be read', { subject: path });
    return { ...nothing, findings: verdictOf(findings) === 'allow' ? [...findings, unread] : findings, header };
  }
  const backing = backingFacts(path, header, place);
  const faults = judgeBacking(backing);
  const judged = { ...nothing, findings: [...findings, ...faults], header };
  if (faults.length > 0 || backing.name.kind !== 'path') return judged;
  const { name } = backing;
  const basePath = name.absolute ? name.path : `${dirname(path)}/${name.path}`;
  return { ...judged, base: digestInName(name), basePath };
}

/** Findings that need both the overlay and its base: the format that is not said, and a disk made smaller. */
export function judgeOverlayOnBase(
  path: string,
  { header }: Pick<JudgedOverlay, 'header'>,
  base: Qcow2Header | null,
): Finding[] {
  if (header === null || header.backing === null) return [];
  const findings: Finding[] = [];
  if (backingFormat(header) === null && base === null) {
    findings.push(
      finding('backing-format-missing', 'the overlay does not say the format of its base, and that is no sound blob', {
        subject: path,
        expected: 'qcow2',
        expectedFrom: 'cocoon',
        actual: 'none',
      }),
    );
  }
  if (base !== null && header.virtualSize < base.virtualSize && header.version === 2) {
    findings.push(
      finding('overlay-unsupported', 'an overlay of version 2 that is smaller than its base cannot grow', {
        subject: path,
        expected: 'version 3',
        expectedFrom: 'cocoon',
        actual: 'version 2',
      }),
    );
  }
  if (base !== null && header.virtualSize < base.virtualSize) {
    findings.push(
      finding('virtual-size-shrunk', 'the overlay is smaller than its base', {
        subject: path,
        expected: `${base.virtualSize} bytes or more`,
        expectedFrom: 'base header',
        actual: `${header.virtualSize} bytes`,
      }),
    );
  }
  return findings;
}

/** The overlay as a report shows it. */
export function overlayDisk(
  file: string,
  overlay: Pick<JudgedOverlay, 'header'>,
  chain: DiskReport['chain'],
): DiskReport {
  const size = overlay.header?.virtualSize ?? null;
  return {
    file,
    role: 'cow',
    format: 'qcow2',
    virtualSize: size === null || size > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(size),
    dirty: overlay.header === null ? null : (overlay.header.incompatible & DIRTY) !== 0n,
    chain,
  };
}

function backingFacts(overlay: string, header: Qcow2Header, place: BlobPlace): BackingFacts {
  const name = readBackingName(header.backing?.name ?? null);
  const relative = name.kind === 'path' && !name.absolute && place.staysInPlace ? name.path : null;
  const relativeLeadsThere = relative !== null && leadsTo(place.blobs, overlay, relative);
  return { overlay, name, relativeLeadsThere, spellings: place.spellings, staysInPlace: place.staysInPlace };
}

/** Whether a relative name leads into a directory; `..` after a link is resolved as the kernel does, not as text. */
function leadsTo(directory: string, overlay: string, name: string): boolean {
  const slash = name.lastIndexOf('/');
  const named = slash === -1 ? '.' : name.slice(0, slash);
  try {
    return realpathSync.native(`${dirname(overlay)}/${named}`) === directory;
  } catch {
    return false;
  }
}

function notOpened(
  path: string,
  opened: { kind: 'missing' } | { kind: 'not-regular'; what: string } | { kind: 'unreadable'; error: unknown },
): Finding {
  if (opened.kind === 'unreadable') {
    return finding('file-unreadable', `the overlay cannot be opened: ${systemErrorText(opened.error)}`, {
      subject: path,
    });
  }
  const actual = opened.kind === 'missing' ? 'missing' : opened.what;
  return finding('snapshot-file-missing', 'the overlay is not there as a regular file', { subject: path, actual });
}
