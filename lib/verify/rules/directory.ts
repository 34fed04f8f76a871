import { systemErrorText } from '../../errors.js';
import { type Finding, finding } from '../../finding/finding.js';
import { wordsRemedy } from '../../finding/remedy.js';
import type { DirectoryEntry, SnapshotDirectory } from '../../store/snapshot-directory.js';
import { memoryName, type SnapshotKind } from '../../store/snapshot-kind.js';

/** Files that every snapshot has, besides the disks that its sidecar lists. */
export function requiredFiles(kind: SnapshotKind): readonly string[] {
  const machine = kind === 'firecracker' ? ['vmstate'] : ['config.json', 'state.json'];
  return ['cocoon.json', ...machine, memoryName(kind)];
}

/** What cocoon itself writes into a snapshot's directory (cocoon-store.md, "Files"). */
const knownFile =
  /^(?:overlay\.qcow2|cow\.raw|cidata\.img|config\.json|state\.json|cocoon\.json|snapshot\.json|memory-range.*|data-.*\.raw)$/;
const knownToFirecracker = /^(?:cow\.raw|vmstate|mem|cocoon\.json|snapshot\.json|data-.*\.raw)$/;

/**
 * What cocoon would take for its own once it is copied into a clone's run directory: the backup of a disk that it moves over
 * the disk (recoverStaleBackup in hypervisor/firecracker/clone.go), sockets and process ids. A record that names no
 * hypervisor is cloned by the one that is configured, so that the files of the other are none of its snapshot.
 */
const takenForCocoons = /^(?:.*\.cocoon-clone-backup|(?:api|console)\.sock|(?:ch|fc)\.pid)$/;
const filesOfFirecracker = /^(?:vmstate|mem)$/;

/** Findings of unknown files are listed up to this many, so that a directory full of them stays readable. */
const unknownShown = 5;

/**
 * Rule 3: the directory is the store's own, and every file that is opened later is there and regular. `path` is the
 * directory as it was found, `diskFiles` the names of the disks that cocoon opens in it.
 */
export function judgeDirectory(
  path: string,
  listing: SnapshotDirectory,
  { kind, diskFiles }: { readonly kind: SnapshotKind; readonly diskFiles: readonly string[] },
): Finding[] {
  if (listing.kind === 'unreadable') {
    const message = `the snapshot's directory cannot be read: ${systemErrorText(listing.error)}`;
    return [finding('file-unreadable', message, { subject: path })];
  }
  const misplaced = whyMisplaced(listing);
  if (misplaced !== null || listing.kind !== 'directory') return [directoryMissing(path, listing, misplaced)];
  if (listing.truncated) {
    const message = "the snapshot's directory holds more files than anybody would look at";
    return [finding('file-unreadable', message, { subject: path })];
  }
  const needed = [...new Set([...requiredFiles(kind), ...diskFiles])];
  const known = kind === 'firecracker' ? knownToFirecracker : knownFile;
  const refused = listing.entries.filter(
    ({ name }) => takenForCocoons.test(name) || (kind !== 'firecracker' && filesOfFirecracker.test(name)),
  );
  const others = listing.entries.filter((entry) => !refused.includes(entry));
  return [
    ...judgeNeeded(path, listing.entries, needed),
    ...refused.slice(0, unknownShown).map(({ name }) => fileRefused(`${path}/${name}`, name)),
    ...judgeOthers(path, others, needed, known),
  ];
}

/** Why a directory is not one to look into; null when it is. */
export function whyMisplaced(listing: SnapshotDirectory): string | null {
  if (listing.kind === 'missing') return "the snapshot's directory is not there";
  if (listing.kind === 'not-absolute') return "the record names no absolute path for the snapshot's directory";
  if (listing.kind === 'not-directory')
    return `a ${listing.what === 'regular' ? 'regular file' : listing.what} stands in the place of the snapshot's directory`;
  if (listing.kind === 'unreadable') return null;
  return listing.inStore ? null : "the snapshot's directory does not lie directly in this store";
}

function directoryMissing(subject: string, listing: SnapshotDirectory, misplaced: string | null): Finding {
  const isElsewhere = listing.kind === 'directory';
  return finding('snapshot-file-missing', misplaced ?? 'no directory', {
    subject,
    expected: isElsewhere ? 'a directory directly in snapshot/localfile of this root' : 'a directory',
    expectedFrom: 'cocoon',
    actual: isElsewhere ? listing.path : listing.kind === 'not-directory' ? listing.what : 'missing',
    ...(isElsewhere
      ? wordsRemedy('put it back into this root, or mount the root where its records say that it is')
      : {}),
  });
}

function judgeNeeded(path: string, entries: readonly DirectoryEntry[], needed: readonly string[]): Finding[] {
  const kinds = new Map(entries.map((entry) => [entry.name, entry.kind]));
  return needed.flatMap((name) => {
    const kind = kinds.get(name);
    if (kind === undefined) return [fileMissing(`${path}/${name}`, `${name} is not in the snapshot's directory`)];
    return kind === 'regular' ? [] : [fileMissing(`${path}/${name}`, `${name} is no regular file`, kind)];
  });
}

/** cocoon copies every regular file into the run directory of a clone, and leaves out whatever is none. */
function judgeOthers(
  path: string,
  entries: readonly DirectoryEntry[],
  needed: readonly string[],
  known: RegExp,
): Finding[] {
  const unknown = entries.filter(
    ({ name, kind }) => !known.test(name) || (kind !== 'regular' && !needed.includes(name)),
  );
  const findings = unknown.slice(0, unknownShown).map(({ name, kind }) =>
    finding('snapshot-file-unknown', `cocoon does not write such a ${name} into a snapshot`, {
      subject: `${path}/${name}`,
      actual: kind,
    }),
  );
  if (unknown.length > unknownShown) {
    const more = `${unknown.length - unknownShown} more files that cocoon does not write`;
    findings.push(finding('snapshot-file-unknown', more, { subject: path }));
  }
  return findings;
}

function fileRefused(subject: string, name: string): Finding {
  return finding('snapshot-file-refused', `cocoon would take ${name} for a file of its own`, { subject, actual: name });
}

function fileMissing(subject: string, message: string, actual: string | null = null): Finding {
  return finding('snapshot-file-missing', message, {
    subject,
    expected: 'a regular file',
    expectedFrom: 'cocoon',
    actual: actual ?? 'missing',
  });
}
