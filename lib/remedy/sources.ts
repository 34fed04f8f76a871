import { type Finding, finding } from '../finding/finding.js';
import { quoteForShell, wordsRemedy } from '../finding/remedy.js';
import { fromAnotherNode, type ImageOrigin, isUrl } from '../verify/heal.js';

/** Where a base may come from. What it brings is believed by its digest alone, so nobody who serves it is trusted. */
export type Source = { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly path: string };

/** A FILE or a URL that somebody named. */
export function sourceOf(from: string): Source {
  return isUrl(from) ? { kind: 'url', url: from } : { kind: 'file', path: from };
}

/** The sources that the node knows by itself: the index's own URLs for that digest first, then the record's. */
export function knownSources(origin: ImageOrigin): Source[] {
  const references = [...origin.indexedAs, ...(origin.image === null ? [] : [origin.image])];
  return [...new Set(references.filter(isUrl))].map((url) => ({ kind: 'url', url }));
}

/** Why nothing was tried. */
export function notPullable(origin: ImageOrigin): Finding {
  const why =
    origin.image === null
      ? 'no image is named that it came from'
      : `the image cannot be pulled: not a URL (${quoteForShell(origin.image)})`;
  return finding('image-not-pullable', `the base sha256:${origin.blob} is needed, and ${why}`, {
    subject: origin.blobPath,
    expected: 'http:// or https://',
    expectedFrom: 'cocoon',
    actual: origin.image ?? 'none',
    ...wordsRemedy(fromAnotherNode(origin)),
  });
}
