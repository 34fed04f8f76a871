/** The index of cloud images: reference → digest, size, time. */
import { indexFile } from './index-file.mjs';
import { shaped, sorted } from './json.mjs';
import { layoutOf } from './layout.mjs';

const LEAST_DIGITS = 12;

export function imageIndex(conf) {
  return indexFile({
    ...layoutOf(conf).images,
    shape: shapeOf(['ref', 'content_sum', 'size', 'created_at']),
    goType: 'cloudimg.imageIndex',
  });
}

/** Read and locked as cocoon does; the stand-in never adds to it. */
export function ociIndex(conf) {
  const fields = ['ref', 'manifest_digest', 'layers', 'kernel_layer', 'initrd_layer', 'size', 'created_at'];
  return indexFile({ ...layoutOf(conf).ociImages, shape: shapeOf(fields), goType: 'oci.imageIndex' });
}

function shapeOf(fields) {
  return (document) => {
    const images = {};
    for (const [ref, entry] of Object.entries(document?.images ?? {})) {
      images[ref] = entry === null ? null : shaped(fields, entry, { size: 0 });
    }
    return { images: sorted(images) };
  };
}

export const digestOf = (entry) => entry.content_sum ?? entry.manifest_digest;
export const hexOf = (digest) => digest.slice(digest.indexOf(':') + 1);

/** Every reference that a word means: itself, or all of a digest that it begins with. */
export function lookupAll(index, word) {
  if (index.images[word]) return [word];
  const hex = word.replace(/^sha256:/, '');
  return Object.entries(index.images)
    .filter(([, entry]) => entry !== null)
    .filter(
      ([, entry]) =>
        hexOf(digestOf(entry)) === hex || (hex.length >= LEAST_DIGITS && hexOf(digestOf(entry)).startsWith(hex)),
    )
    .map(([ref]) => ref);
}

/** One entry, by reference or by whole digest. */
export function lookup(index, word) {
  if (index.images[word]) return index.images[word];
  const entries = Object.values(index.images).filter((entry) => entry !== null);
  return entries.find((entry) => digestOf(entry) === word || hexOf(digestOf(entry)) === word);
}

export function publicImage(entry, type) {
  return { id: digestOf(entry), name: entry.ref, type, size: entry.size, created_at: entry.created_at };
}
