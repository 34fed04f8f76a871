import type { BlobcheckError } from '../errors.js';
import type { Recovery } from './metadata-tables.js';
import type { ImageEntry, SnapshotRecord, VmRecord } from './records.js';

/** What a reference leads to, as cocoon resolves it. */
export type Resolution =
  | { readonly kind: 'found'; readonly id: string; readonly by: 'id' | 'name' | 'prefix' }
  /** `deletingId` names the snapshot that cocoon had begun to delete: to cocoon, too, it is gone. */
  | { readonly kind: 'not-found'; readonly deletingId: string | null }
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[] }
  /** cocoon says "not found" of a snapshot that is still being written. */
  | { readonly kind: 'pending'; readonly id: string };

export interface SnapshotListing {
  readonly id: string;
  /** Empty where the record has none. */
  readonly name: string;
  /** Still being written. */
  readonly pending: boolean;
  /** `deleting`: cocoon has begun to delete it and will end that before anybody clones it. `unreadable`: nobody can tell. */
  readonly deletion: 'none' | 'deleting' | 'unreadable';
}

export interface ImageListing {
  readonly images: readonly ImageEntry[];
  /** One for each entry that cannot be read; it stands in nobody else's way. */
  readonly unreadable: readonly BlobcheckError[];
}

/**
 * An open cocoon root. Each call reads one generation of the metadata, never a mixture. All calls read the same one,
 * but for a database that was idle when it was opened and has changed since: then a later call sees the newer one.
 * What cannot be read is a
 * `BlobcheckError` `metadata-…`; a record that went away is `changed`, an interrupted read `aborted`.
 */
export interface Store {
  readonly engine: 'json' | 'sqlite';
  readonly root: string;
  /** Where the virtual machines of this root may have their run directories; absolute. */
  readonly runDirs: readonly string[];
  /** Indexes in whose place the previous generation was read, as far as they have been read. */
  readonly recovered: readonly Recovery[];
  resolve(ref: string): Promise<Resolution>;
  /** Every snapshot, sorted by id; no record is validated. */
  listSnapshots(): Promise<readonly SnapshotListing[]>;
  /** The record; throws `changed` when it is not there (any more). */
  snapshot(id: string): Promise<SnapshotRecord>;
  /** The entries that keep a blob of this digest: cloud images of this content, OCI images with this layer. */
  imagesByDigest(hex: string): Promise<readonly ImageEntry[]>;
  /** What `cocoon vm run` would take for the reference: at most one entry of each kind of image. */
  image(ref: string): Promise<readonly ImageEntry[]>;
  allImages(): Promise<ImageListing>;
  /** The virtual machines that a reference leads to: at most one of each hypervisor. */
  virtualMachines(ref: string): Promise<readonly VmRecord[]>;
  /** Whether the metadata is still what was read, as far as its files show it; where not, only another look can tell. */
  isAsRead(): boolean;
  close(): Promise<void>;
}
