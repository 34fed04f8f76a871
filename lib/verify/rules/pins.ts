import { type Finding, finding } from '../../finding/finding.js';
import { type CommandPlace, cocoonCommand, commandRemedy } from '../../finding/remedy.js';

export interface PinFacts {
  /** Hex digest that the overlay's header names. */
  readonly blob: string;
  /** What the record's `image_blob_ids` holds: what garbage collection keeps. */
  readonly pinned: readonly string[];
  /** References in the local image index that name the blob. */
  readonly indexedAs: readonly string[];
  /** The record's `image`: a URL or reference. */
  readonly image: string | null;
  /** The digest (hex) that `image` leads to in the local index now; null when it is not indexed. */
  readonly imageLeadsTo: string | null;
  readonly blobPath: string;
  /** Whether the blob's content hashes to its name: `cocoon image import` names a blob by the hash of the file. */
  readonly hashesToName: boolean;
  readonly place: CommandPlace;
}

/** A name that nobody pulls over: what `pinIt` has imported keeps the blob as the record would. */
const isOurPin = (ref: string): boolean => /^blobcheck\/[0-9a-f]{64}(?:$|[:@])/.test(ref);

/** Rule 16: whether something keeps the blob from `cocoon gc`, and whether the tag has moved on. */
export function judgePins(facts: PinFacts): Finding[] {
  const findings: Finding[] = [];
  const inWords = 'import the blob under a name of its own, so that an image names it';
  const pinIt = facts.hashesToName
    ? commandRemedy(
        [cocoonCommand(facts.place, ['image', 'import'], [`blobcheck/${facts.blob}`, facts.blobPath])],
        inWords,
      )
    : {};
  if (!facts.pinned.includes(facts.blob) && !facts.indexedAs.some(isOurPin)) {
    findings.push(
      finding(
        'blob-unpinned',
        "the record's image_blob_ids does not name the base, so a garbage collection may delete it",
        {
          subject: facts.blobPath,
          expected: facts.blob,
          expectedFrom: 'overlay header',
          actual: facts.pinned.length === 0 ? 'none' : facts.pinned.join(', '),
          ...pinIt,
        },
      ),
    );
  }
  if (facts.indexedAs.length === 0) {
    findings.push(
      finding('image-not-indexed', 'no image in the local index names the base', { subject: facts.blobPath, ...pinIt }),
    );
  }
  if (facts.image !== null && facts.imageLeadsTo !== null && facts.imageLeadsTo !== facts.blob) {
    findings.push(
      finding('tag-moved', `${facts.image} now leads to another digest in the local index`, {
        subject: facts.image,
        expected: `sha256:${facts.blob}`,
        expectedFrom: 'overlay header',
        actual: `sha256:${facts.imageLeadsTo}`,
      }),
    );
  }
  return findings;
}
