import { BlobcheckError } from '../errors.js';
import type { StoreLocation } from '../store/location.js';
import { openStore } from '../store/open.js';
import type { ImageEntry, SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { Target } from './targets.js';

/** What the metadata says of each thing that was asked about, as text to compare. */
export type MetadataFacts = ReadonlyMap<string, string>;

/** What was asked about. */
export interface Asked {
  readonly targets: readonly Target[];
  readonly images: readonly string[];
  /** The virtual machine that the snapshots would be restored onto. */
  readonly vm: string | undefined;
}

/** Reads what a reference leads to, and the record behind it: a clone will ask cocoon for both again. */
export async function metadataFacts(store: Store, { targets, images, vm }: Asked): Promise<MetadataFacts> {
  const facts = new Map<string, string>();
  const machine = vm === undefined ? '' : await factOf(() => store.virtualMachines(vm));
  for (const target of targets) {
    if (target.kind !== 'snapshot') continue;
    const fact = await factOf(async () => [
      await store.resolve(target.ref),
      snapshotContent(await store.snapshot(target.id)),
    ]);
    facts.set(`snapshot ${target.ref}`, `${fact}\n${machine}`);
  }
  for (const ref of images)
    facts.set(`image ${ref}`, await factOf(async () => (await store.image(ref)).map(contentOf)));
  return facts;
}

/** The references of which today's metadata says something else, read anew. */
export async function changedSince(
  before: MetadataFacts,
  location: StoreLocation,
  asked: Asked,
): Promise<ReadonlySet<string>> {
  const fresh = await openStore(location);
  try {
    const now = await metadataFacts(fresh, asked);
    return new Set([...before.keys()].filter((key) => now.get(key) !== before.get(key)));
  } finally {
    await fresh.close();
  }
}

/** A record without what every clone of it changes. */
function snapshotContent({ lastAccessedAt: _accessed, ...content }: SnapshotRecord): unknown {
  return content;
}

/** What a new machine is started from; the rest of an entry changes with every pull of the same content. */
function contentOf(entry: ImageEntry): unknown {
  const { createdAt: _created, size: _size, ...content } = entry;
  return content;
}

async function factOf(read: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await read());
  } catch (error) {
    if (!(error instanceof BlobcheckError) || error.code === 'aborted') throw error;
    return `${error.code}: ${error.message}`;
  }
}
