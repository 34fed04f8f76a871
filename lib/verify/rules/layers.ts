import { type Finding, finding } from '../../finding/finding.js';

/** The digests (hex) that an image is made of. */
export interface ImageParts {
  /** Lowest first. */
  readonly layers: readonly string[];
  /** The layers that the boot files were found in; null where there are none. */
  readonly kernel: string | null;
  readonly initrd: string | null;
}

export interface LayerFacts {
  readonly sidecarPath: string;
  /** What cocoon.json and config.json name, and a clone opens. */
  readonly opened: ImageParts;
  /** The record's `image_blob_ids`: what garbage collection keeps for the snapshot. */
  readonly pinned: readonly string[];
  /** The entry of the image index with the digest that the record has; null where there is none. */
  readonly indexed: ImageParts | null;
  /** The record's `image` and the digest that it leads to now (both null where unknown), and the record's own. */
  readonly image: string | null;
  readonly imageLeadsTo: string | null;
  readonly imageDigest: string | null;
}

/**
 * The layers that a clone would open are those that the record pins, and those of the image that it was made from, in set
 * and in order (cocoon #46: a clone got the layers of another image, and files of upper layers vanished).
 */
export function judgeLayers(facts: LayerFacts): Finding[] {
  return [...judgeIndexed(facts), ...judgePinned(facts), ...judgeImage(facts)];
}

function judgeIndexed({ sidecarPath, opened, pinned, indexed, imageDigest, image }: LayerFacts): Finding[] {
  if (indexed === null) return [];
  const compared = [
    ['layers are not those of its image', indexed.layers, opened.layers],
    ['kernel is not that of its image', asList(indexed.kernel), asList(opened.kernel)],
    ['initial RAM disk is not that of its image', asList(indexed.initrd), asList(opened.initrd)],
  ] as const;
  const different = compared.filter(([, expected, actual]) => expected.join() !== actual.join());
  if (different.length > 0 && imageDigest === null && pinned.length > 0 && image !== null) {
    // Of which of the images of this name the snapshot is, only its pins say; they are judged below.
    const layers = { expected: inWords(opened.layers), expectedFrom: 'cocoon.json', actual: inWords(indexed.layers) };
    return [
      finding('tag-moved', `${image} now leads to other layers or boot files in the local index`, {
        subject: image,
        ...layers,
      }),
    ];
  }
  return different.map(([what, expected, actual]) =>
    finding('layer-mismatch', `the snapshot's ${what}`, {
      subject: sidecarPath,
      expected: inWords(expected),
      expectedFrom: 'image index',
      actual: inWords(actual),
    }),
  );
}

function judgePinned({ sidecarPath, opened, pinned }: LayerFacts): Finding[] {
  const parts = [...opened.layers, opened.kernel, opened.initrd].filter((part) => part !== null);
  const needed = [...new Set(parts)].sort();
  const kept = [...new Set(pinned)].sort();
  if (needed.join() === kept.join()) return [];
  if (kept.length === 0) {
    const message = "the record's image_blob_ids does not name the layers, so a garbage collection may delete them";
    return [
      finding('blob-unpinned', message, {
        subject: sidecarPath,
        expected: inWords(needed),
        expectedFrom: 'cocoon.json',
        actual: 'none',
      }),
    ];
  }
  return [
    finding('layer-mismatch', 'the record pins other layers than the snapshot names', {
      subject: sidecarPath,
      expected: inWords(kept),
      expectedFrom: 'snapshot record',
      actual: inWords(needed),
    }),
  ];
}

function judgeImage({ sidecarPath, indexed, image, imageLeadsTo, imageDigest }: LayerFacts): Finding[] {
  const findings: Finding[] = [];
  if (indexed === null) {
    findings.push(
      finding('image-not-indexed', 'no image in the local index is the one that it was made from', {
        subject: image ?? sidecarPath,
      }),
    );
  }
  if (image !== null && imageDigest !== null && imageLeadsTo !== null && imageLeadsTo !== imageDigest) {
    findings.push(
      finding('tag-moved', `${image} now leads to another digest in the local index`, {
        subject: image,
        expected: imageDigest,
        expectedFrom: 'snapshot record',
        actual: imageLeadsTo,
      }),
    );
  }
  return findings;
}

const asList = (digest: string | null): readonly string[] => (digest === null ? [] : [digest]);

/** For people only: two lists of as many layers may read alike. Layers of an image of cocoon's are a dozen or so. */
const SHOWN = 128;

const inWords = (digests: readonly string[]): string =>
  digests.length > SHOWN ? `${digests.length} layers` : digests.join(', ') || 'none';
