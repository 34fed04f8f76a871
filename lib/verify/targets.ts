import type { FindingCode } from '../finding/catalogue.js';
import { type Finding, finding } from '../finding/finding.js';
import type { SnapshotListing, Store } from '../store/store.js';

/** What a reference on the command line leads to. */
export type Target =
  | { readonly kind: 'snapshot'; readonly ref: string; readonly id: string }
  | { readonly kind: 'none'; readonly ref: string; readonly finding: Finding };

export interface Targets {
  /** Each snapshot once, in the order that it was asked for. */
  readonly targets: readonly Target[];
  /** Pending snapshots that a glob or `--all` passed over. */
  readonly skipped: number;
}

/** Characters that make a reference a pattern, if no snapshot is called exactly so. */
const patternCharacters = /[*?[\]{}()!]/;

/** Rule 1: exact id, exact name, unambiguous id prefix, as cocoon resolves; else a glob over names. */
export async function resolveTargets(store: Store, refs: readonly string[]): Promise<Targets> {
  const targets: Target[] = [];
  let skipped = 0;
  for (const ref of refs) {
    const resolution = await store.resolve(ref);
    if (resolution.kind === 'found') targets.push({ kind: 'snapshot', ref, id: resolution.id });
    else if (resolution.kind === 'not-found' && patternCharacters.test(ref)) {
      const matched = await matchNames(store, ref);
      const usable = matched.filter(isUsable);
      skipped += matched.length - usable.length;
      for (const { id, name } of usable) targets.push({ kind: 'snapshot', ref: name, id });
      if (usable.length === 0) targets.push(none(ref, 'snapshot-not-found', `no snapshot matches ${ref}`));
    } else targets.push(unresolved(ref, resolution));
  }
  return { targets: onceEach(targets), skipped };
}

/** Every snapshot of the store; pending ones are passed over and counted. */
export async function allTargets(store: Store): Promise<Targets> {
  const listed = await store.listSnapshots();
  const usable = listed.filter(isUsable);
  const targets = usable.map(({ id, name }): Target => ({ kind: 'snapshot', ref: name === '' ? id : name, id }));
  return { targets: targets.sort((a, b) => compare(a.ref, b.ref)), skipped: listed.length - usable.length };
}

async function matchNames(store: Store, pattern: string): Promise<SnapshotListing[]> {
  const { default: picomatch } = await import('picomatch');
  // With `bash`, `*` crosses `/`, as a person expects of `simular/*` and `*`.
  const matches = picomatch(pattern, { bash: true, dot: true });
  const listed = await store.listSnapshots();
  return listed.filter(({ name }) => name !== '' && matches(name)).sort((a, b) => compare(a.name, b.name));
}

/** A snapshot that cocoon is deleting is as good as gone; a pending one is not there yet. */
function isUsable(listing: SnapshotListing): boolean {
  return !listing.pending && !listing.deleting;
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
