import { type Finding, finding } from '../../finding/finding.js';

export interface DirectoryEntry {
  readonly name: string;
  /** `regular`, or what stands there instead. */
  readonly kind: string;
}

export interface DirectoryFacts {
  /** The record's `data_dir`. */
  readonly path: string;
  /** Why it is not a directory directly under `<root>/snapshot/localfile`; null when it is. */
  readonly problem: string | null;
  readonly entries: readonly DirectoryEntry[];
}

/** Files that every snapshot of a Cloud Hypervisor VM has, besides the disks that its sidecar lists. */
export const requiredFiles = ['cocoon.json', 'config.json', 'state.json', 'memory-ranges'] as const;

/** What cocoon itself writes into a snapshot's directory (cocoon-store.md, "Files"). */
const knownFile =
  /^(?:overlay\.qcow2|cow\.raw|cidata\.img|config\.json|state\.json|cocoon\.json|snapshot\.json|memory-range.*|data-.*\.raw)$/;

/** Findings of unknown files are listed up to this many, so that a directory full of them stays readable. */
const unknownShown = 5;

/** Rule 3: the directory is the store's own, and every file that is opened later is there and regular. */
export function judgeDirectory(facts: DirectoryFacts, diskFiles: readonly string[]): Finding[] {
  if (facts.problem !== null) return [fileMissing(facts.path, facts.problem)];
  const kinds = new Map(facts.entries.map((entry) => [entry.name, entry.kind]));
  const findings: Finding[] = [];
  for (const name of new Set([...requiredFiles, ...diskFiles])) {
    const kind = kinds.get(name);
    const path = `${facts.path}/${name}`;
    if (kind === undefined) findings.push(fileMissing(path, `${name} is not in the snapshot's directory`));
    else if (kind !== 'regular') findings.push(fileMissing(path, `${name} is no regular file`, kind));
  }
  return [...findings, ...judgeUnknown(facts)];
}

function judgeUnknown(facts: DirectoryFacts): Finding[] {
  const unknown = facts.entries.filter((entry) => !knownFile.test(entry.name));
  const findings = unknown.slice(0, unknownShown).map((entry) =>
    finding('snapshot-file-unknown', `cocoon does not write ${entry.name} into a snapshot`, {
      subject: `${facts.path}/${entry.name}`,
      actual: entry.kind,
    }),
  );
  if (unknown.length > unknownShown) {
    const more = `${unknown.length - unknownShown} more files that cocoon does not write`;
    findings.push(finding('snapshot-file-unknown', more, { subject: facts.path }));
  }
  return findings;
}

function fileMissing(subject: string, message: string, actual: string | null = null): Finding {
  return finding('snapshot-file-missing', message, {
    subject,
    expected: 'a regular file',
    expectedFrom: 'cocoon',
    actual: actual ?? 'missing',
  });
}
