import type { FindingCode } from '../finding/catalogue.js';
import { type Finding, finding } from '../finding/finding.js';
import type { SnapshotListing, Store } from '../store/store.js';
import { errorFinding } from './error-finding.js';

/** What a reference on the command line leads to. */
export type Target =
  | { readonly kind: 'snapshot'; readonly ref: string; readonly id: string }
  | { readonly kind: 'none'; readonly ref: string; readonly finding: Finding };

export interface Targets {
  /** Each snapshot once, in the order that it was asked for. */
  readonly targets: readonly Target[];
  /** Snapshots that a glob or `--all` passed over: pending, or being deleted. */
  readonly skipped: number;
}

/** Characters that make a reference a pattern, if no snapshot is called exactly so. */
const patternCharacters = /[*?[\]{}()!]/;

/** Rule 1: exact id, exact name, unambiguous id prefix, as cocoon resolves; else, if asked for, a glob over names. */
export async function resolveTargets(store: Store, refs: readonly string[], patterns = true): Promise<Targets> {
  const targets: Target[] = [];
  let skipped = 0;
  for (const ref of refs) {
    try {
      const found = await resolveTarget(store, ref, patterns);
      targets.push(...found.targets);
      skipped += found.skipped;
    } catch (error) {
      // One reference whose entry is broken stops no other.
      targets.push({ kind: 'none', ref, finding: errorFinding(error, ref) });
    }
  }
  return { targets: onceEach(targets), skipped };
}

async function resolveTarget(store: Store, ref: string, patterns: boolean): Promise<Targets> {
  const resolution = await store.resolve(ref);
  if (resolution.kind === 'found') return { targets: [{ kind: 'snapshot', ref, id: resolution.id }], skipped: 0 };
  if (patterns && resolution.kind === 'not-found' && patternCharacters.test(ref)) {
    const found = targetsOf(await matchNames(store, ref));
    if (found.targets.length > 0) return found;
    return { ...found, targets: [none(ref, 'snapshot-not-found', `no snapshot matches ${ref}`)] };
  }
  return { targets: [unresolved(ref, resolution)], skipped: 0 };
}

/** Every snapshot of the store; pending ones are passed over and counted. */
export async function allTargets(store: Store): Promise<Targets> {
  const { targets, skipped } = targetsOf(await store.listSnapshots());
  return { targets: [...targets].sort((a, b) => compare(a.ref, b.ref)), skipped };
}

/** A snapshot that is pending or being deleted is not there, for cocoon too; one whose tombstone is broken may be. */
function targetsOf(listed: readonly SnapshotListing[]): Targets {
  const there = listed.filter(({ pending, deletion }) => !pending && deletion !== 'deleting');
  const targets = there.map(({ id, name, deletion }): Target => {
    const ref = name === '' ? id : name;
    if (deletion !== 'unreadable') return { kind: 'snapshot', ref, id };
    return none(ref, 'metadata-unreadable', `the tombstone of the snapshot ${id} cannot be read`);
  });
  return { targets, skipped: listed.length - there.length };
}

async function matchNames(store: Store, pattern: string): Promise<SnapshotListing[]> {
  const { default: picomatch } = await import('picomatch');
  // With `bash`, `*` crosses `/`, as a person expects of `simular/*` and `*`.
  const matches = picomatch(pattern, { bash: true, dot: true });
  const listed = await store.listSnapshots();
  return listed.filter(({ name }) => name !== '' && matches(name)).sort((a, b) => compare(a.name, b.name));
}

function unresolved(
  ref: string,
  resolution: Exclude<Awaited<ReturnType<Store['resolve']>>, { kind: 'found' }>,
): Target {
  if (resolution.kind === 'pending') {
    return none(ref, 'snapshot-pending', `the snapshot ${resolution.id} is still being written`);
  }
  if (resolution.kind === 'ambiguous') {
    return none(
      ref,
      'snapshot-ambiguous',
      `more than one snapshot id begins with ${ref}: ${resolution.ids.join(', ')}`,
    );
  }
  const deleting = resolution.deletingId === null ? '' : `: cocoon has begun to delete ${resolution.deletingId}`;
  return none(ref, 'snapshot-not-found', `there is no snapshot ${ref}${deleting}`);
}

function none(ref: string, code: FindingCode, message: string): Target {
  return { kind: 'none', ref, finding: finding(code, message, { subject: ref }) };
}

function onceEach(targets: readonly Target[]): Target[] {
  const seen = new Set<string>();
  return targets.filter((target) => {
    const key = target.kind === 'snapshot' ? `snapshot ${target.id}` : `none ${target.ref}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
