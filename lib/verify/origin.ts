import type { Finding } from '../finding/finding.js';
import { blobcheckCommand, type Command, type CommandPlace } from '../finding/remedy.js';
import { blobName, blobPath, parseBlobName } from '../store/blob.js';
import type { CloudImageEntry, ImageEntry, OciImageEntry } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { BlobRequest } from './blob-content.js';
import type { ImageOrigin } from './heal.js';
import { blobsOf, partsOfImage } from './oci-parts.js';

/** A base with everything that the local image index says about it. */
export interface IndexedBase {
  readonly request: BlobRequest;
  readonly origin: ImageOrigin;
}

/** Who asks for a base. */
export interface BaseAsker {
  /** The reference that the base is said to come from; null where none is known. */
  readonly image: string | null;
  /** The command that would bring it; null where there is none. */
  readonly ensure: Command | null;
  readonly place: CommandPlace;
}

export const ensureSnapshot = (place: CommandPlace, ref: string): Command => blobcheckCommand(place, ['ensure'], [ref]);
export const ensureDirectory = (place: CommandPlace, path: string): Command =>
  blobcheckCommand(place, ['ensure', '--from-dir'], [path]);
export const ensureImage = (place: CommandPlace, ref: string): Command =>
  blobcheckCommand(place, ['ensure', '--image'], [ref]);

/** Looks a base up in the image index. */
export async function indexedBase(
  store: Store,
  blob: string,
  path: string,
  { image, ensure, place }: BaseAsker,
): Promise<IndexedBase> {
  const entries = (await store.imagesByDigest(blob)).filter(isCloudImage);
  const leadsTo = image === null ? null : await imageDigest(store, image);
  return {
    request: { blob, path, indexedBytes: sizesOf(entries) },
    origin: {
      ...{ blob, blobPath: path, image, ensure, place },
      indexedAs: entries.map(({ ref }) => ref),
      imageLeadsTo: leadsTo,
    },
  };
}

/** An entry without a size says nothing of it. */
function sizesOf(entries: readonly CloudImageEntry[]): bigint[] {
  return entries.filter(({ size }) => size > 0).map(({ size }) => BigInt(size));
}

/** A base is judged once for all who need it; here it is not an overlay's header that says which one is needed. */
export function witnessedBy(witness: string, findings: readonly Finding[]): Finding[] {
  return findings.map((found) =>
    found.expectedFrom === 'overlay header' ? { ...found, expectedFrom: witness } : found,
  );
}

/** The digest (hex) that a reference leads to in the local index; null when it leads to no cloud image. */
async function imageDigest(store: Store, image: string): Promise<string | null> {
  const entry = (await store.image(image)).find(isCloudImage);
  return entry === undefined ? null : hexOf(entry);
}

export function hexOf(entry: CloudImageEntry): string {
  return entry.contentSum.replace(/^sha256:/, '');
}

/** An OCI image may hold a layer of the same digest; it keeps another file. */
export function isCloudImage(entry: ImageEntry): entry is CloudImageEntry {
  return entry.kind === 'cloudimg';
}

export function isOciImage(entry: ImageEntry): entry is OciImageEntry {
  return entry.kind === 'oci';
}

/** The blobs of an OCI image, by their names. */
export function imageBlobs(entry: OciImageEntry): string[] {
  return blobsOf(partsOfImage(entry)).map(blobName);
}

/** Where the blob of a name is in a store. */
export function storeBlobPath({ root }: Pick<Store, 'root'>, name: string): string {
  return blobPath(root, parseBlobName(name) ?? { kind: 'base', hex: name });
}
