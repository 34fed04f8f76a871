/** `image list`, `image inspect`, `image rm`. */
import { Failure, within } from './failure.mjs';
import { imageIndex, lookupAll, ociIndex, publicImage } from './image-index.mjs';
import { marshalIndented } from './json.mjs';
import { makeImageDirectories } from './layout.mjs';
import { humanSize } from './sizes.mjs';
import { dateTime, table } from './table.mjs';

const DIGEST_SHOWN = 'sha256:'.length + 12;

export async function listImages({ conf, flags, signal }) {
  const images = [];
  for (const { type, index } of backendsOf(conf)) {
    const { images: entries } = await within(`list ${type}`, () => index.read(signal, (read) => read));
    const present = Object.values(entries).filter((entry) => entry !== null);
    images.push(...present.map((entry) => publicImage(entry, type)));
  }
  if (images.length === 0) process.stdout.write('No images found.\n');
  else if (flags.format === 'json') process.stdout.write(marshalIndented(images));
  else {
    const rows = images.map(({ type, name, id, size, created_at: made }) => {
      return [type, name, id.slice(0, DIGEST_SHOWN), humanSize(size), dateTime(made)];
    });
    process.stdout.write(table([['TYPE', 'NAME', 'DIGEST', 'SIZE', 'CREATED'], ...rows]));
  }
}

export async function inspectImage({ conf, words: [ref], signal }) {
  const { type, index } = await ownerOf(backendsOf(conf), ref, signal);
  const image = await index.read(signal, (read) => read.images[lookupAll(read, ref)[0]]);
  process.stdout.write(marshalIndented(publicImage(image, type)));
}

/** Takes the entries away; the files stay until a collection. */
export async function removeImages({ conf, log, words, signal }) {
  const backends = backendsOf(conf);
  const refsOf = new Map();
  for (const ref of words) {
    const owner = await ownerOf(backends, ref, signal);
    refsOf.set(owner, [...(refsOf.get(owner) ?? []), ref]);
  }
  const deleted = [];
  for (const [{ type, index }, refs] of refsOf) {
    await within(`delete ${type}`, () => index.update(signal, (read) => void deleted.push(...removeFrom(read, refs))));
  }
  for (const ref of deleted) log.info('cmd.image.rm', `deleted: ${ref}`);
}

function removeFrom(index, words) {
  const found = [];
  for (const word of words) {
    for (const ref of lookupAll(index, word)) {
      delete index.images[ref];
      found.push(ref);
    }
  }
  return found;
}

function backendsOf(conf) {
  makeImageDirectories(conf);
  return [
    { type: 'oci', index: ociIndex(conf) },
    { type: 'cloudimg', index: imageIndex(conf) },
  ];
}

async function ownerOf(backends, ref, signal) {
  const owners = [];
  for (const backend of backends) {
    const found = await within(`inspect ${ref} in ${backend.type}`, () =>
      backend.index.read(signal, (read) => lookupAll(read, ref).length > 0),
    );
    if (found) owners.push(backend);
  }
  if (owners.length === 1) return owners[0];
  if (owners.length === 0) throw new Failure(`image ${JSON.stringify(ref)}: not found in any backend`);
  throw new Failure(`image ${ref}: image ref resolves to multiple backends (backends: oci, cloudimg)`);
}
