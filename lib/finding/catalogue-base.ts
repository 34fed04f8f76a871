import type { CatalogueEntries } from './catalogue-entry.js';

/** Codes about the base image: whether it is there, its structure, its content, and who pins it. */
export const baseEntries = {
  'blob-missing': {
    severity: 'error',
    means: 'The base that the overlay stands on is not in the store.',
    matters: 'The clone dies in the hypervisor: "Backing file I/O error … No such file or directory".',
    mend: 'Run `blobcheck ensure` for the snapshot: it brings exactly this digest back. Where that build is gone, bake the snapshot again. A layer or boot file comes with `cocoon image pull`.',
  },
  'blob-not-regular': {
    severity: 'error',
    means: "A directory, symbolic link, FIFO, socket or device stands in the blob's place.",
    matters: 'A FIFO hangs the hypervisor; a link leads to a file that nobody judged.',
    mend: 'Find out who put it there, move it away, and bring the blob back.',
  },
  'blob-empty': {
    severity: 'error',
    means: 'The blob has no bytes.',
    matters: 'A download or a full disk stopped short; the clone fails.',
    mend: 'Move it away and pull the image again.',
  },
  'blob-malformed': {
    severity: 'error',
    means: "The blob's qcow2 header or tables are damaged.",
    matters: 'The clone fails or reads wrong data; such a blob cannot be sealed.',
    mend: 'Move it away and pull the image again.',
  },
  'blob-has-backing': {
    severity: 'error',
    means: 'The base names a backing file of its own.',
    matters: 'A chain ends at the blob; a further file would be opened that nobody judged.',
    mend: 'Flatten it (`qemu-img convert -O qcow2`) and import the result as a new image.',
  },
  'blob-size-mismatch': {
    severity: 'error',
    means: 'The blob has another size than its seal, or else the image index, says.',
    matters: 'It was cut short or replaced; nothing needs to be hashed to know that it is wrong.',
    mend: 'Move it away and bring the exact content back.',
  },
  'blob-corrupt': {
    severity: 'error',
    means: 'The content is not what it is known to have been; a second read from the medium says the same.',
    matters: 'Every guest that stands on it reads wrong data, without an error.',
    mend: 'Run `blobcheck ensure` for a snapshot on it (`cocoon image pull --force` keeps the corrupt file); move a layer or boot file aside and pull its image. A blob converted again elsewhere looks the same.',
  },
  'blob-replaced': {
    severity: 'error',
    means: 'Another file stands at the name than the one that was last found good, and its content differs.',
    matters: 'The overlay was written over the other content: guests read a mixture.',
    mend: 'Bring the known content back, or settle the new one with `blobcheck seal --replace BLOB` if no snapshot needs the old.',
  },
  'blob-unsealed': {
    severity: 'error',
    means:
      'The content does not hash to the name, and no seal says what it should be: converted at import, or corrupt.',
    matters: 'cocoon stores converted images under the digest of their source, so the name alone cannot tell.',
    mend: 'If the image was raw or an old qcow2 when it was pulled, and you trust the file, run `blobcheck seal BLOB`; else move it aside and run `blobcheck ensure`.',
  },
  'cache-corrupt': {
    severity: 'error',
    means: 'The medium holds the right bytes, what was in memory did not.',
    matters: 'Guests read from that memory. Denied this once.',
    mend: 'Ask again: the wrong pages were dropped. If it comes back, test the memory of the machine.',
  },
  'blob-changed': {
    severity: 'error',
    means: 'The blob changed while it was being read, or its name leads to another file now.',
    matters: 'What was judged is not what a clone would open.',
    mend: 'Wait for the pull or copy to end, then ask again.',
  },
  'blob-unreadable': {
    severity: 'unverified',
    means: 'The blob cannot be read: a read error, with its offset, or no permission.',
    matters: 'What cannot be read cannot be proved.',
    mend: 'Look at the kernel log and the disk, or run as a user who may read it.',
  },
  'verification-overdue': {
    severity: 'warning',
    means: 'The last full read of the base is longer ago than --max-age (30 days), or the clock went back since.',
    matters: 'The file has not been written to since, but rot below the file system shows only when it is read.',
    mend: 'Nothing: it is being read again in the background. `blobcheck verify --max-age 0 SNAPSHOT` reads at once.',
  },
  'blob-marked-dirty': {
    severity: 'warning',
    means: 'The base was not closed cleanly when it was written.',
    matters: 'Its refcounts may be stale; reading it is safe.',
    mend: 'Nothing for its clones; the next image should be written with a clean shutdown.',
  },
  'blob-unpinned': {
    severity: 'warning',
    means: "The record's image_blob_ids lacks the blob.",
    matters: 'The next `cocoon gc` may delete it once no image names it.',
    mend: 'Take the snapshot again with a newer cocoon, or keep an image that names the blob.',
  },
  'tag-moved': {
    severity: 'info',
    means: 'The reference that the snapshot was made from now leads to another digest in the local index.',
    matters: 'New virtual machines start from other content than this snapshot.',
    mend: 'Bake the snapshot again if it should follow the tag.',
  },
  'image-not-indexed': {
    severity: 'warning',
    means: 'No image in the local index names the blob.',
    matters: 'Nothing but the record of the snapshot keeps it from `cocoon gc`.',
    mend: 'Pull or import the image again to name it.',
  },
} as const satisfies CatalogueEntries;
