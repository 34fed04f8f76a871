import type { CatalogueEntries } from './catalogue-entry.js';

/** Codes about a snapshot's overlay: its header and tables, and the name of its base. */
export const overlayEntries = {
  'overlay-malformed': {
    severity: 'error',
    means: "The header or a table of the snapshot's qcow2 overlay is damaged.",
    matters:
      'The clone fails, or the guest writes where it must not, up to the header that names the next backing file.',
    mend: 'Take the snapshot again, or import it again.',
  },
  'overlay-unsupported': {
    severity: 'error',
    means: 'The qcow2 image uses a version, a feature or a size that a reader which opens it later refuses.',
    matters: 'The clone fails inside qemu-img or the hypervisor.',
    mend: 'Rewrite the image with plain features (`qemu-img convert -O qcow2`), or take the snapshot again.',
  },
  'overlay-marked-corrupt': {
    severity: 'error',
    means: 'The qcow2 image carries the "corrupt" mark that QEMU sets when it found damage.',
    matters: 'It cannot be opened for writing.',
    mend: 'Take the snapshot again; `qemu-img check -r all` on a copy shows what is left.',
  },
  'overlay-encrypted': {
    severity: 'error',
    means: 'The qcow2 image is encrypted.',
    matters: 'Cloud Hypervisor opens it as if it were plain: the guest reads ciphertext.',
    mend: 'Use an image that is not encrypted.',
  },
  'external-data-file': {
    severity: 'error',
    means: 'The qcow2 image keeps its data in another file that its header names.',
    matters: 'A header could name any file of the host (the class of CVE-2024-32498).',
    mend: 'Do not clone it; rewrite it with `qemu-img convert -O qcow2` where it came from.',
  },
  'overlay-unflushed': {
    severity: 'warning',
    means: 'Guest writes lie in the overlay and no table leads to them: the snapshot was taken without a flush.',
    matters: 'Those writes are not in the snapshot.',
    mend: 'Run `sync` in the guest and take the snapshot again.',
  },
  'overlay-refcounts-short': {
    severity: 'warning',
    means:
      'The refcount table of the overlay is shorter than what Cloud Hypervisor 53 writes back: its clusters are small.',
    matters: 'Guest writes can be lost, and tables overwritten, once the clone runs.',
    mend: 'Use clusters of 64 KiB, as cocoon does: `qemu-img convert -O qcow2 -o cluster_size=64k`.',
  },
  'backing-none': {
    severity: 'error',
    means: 'The overlay names no base.',
    matters: 'The clone would start from an empty disk.',
    mend: 'Take the snapshot again.',
  },
  'backing-relative': {
    severity: 'error',
    means: 'The overlay names its base by a relative path.',
    matters: 'It is judged in one directory and opened in another: that of the clone.',
    mend: 'Write the absolute path: `qemu-img rebase -u -F qcow2 -b /…/blobs/<digest>.qcow2 overlay.qcow2`.',
  },
  'backing-not-a-path': {
    severity: 'error',
    means: 'The backing name is no file name: a pseudo-protocol (json:, nbd:, file:, fd:), a NUL, or not UTF-8.',
    matters: 'qemu-img, as root, connects to the server or opens the file that it names.',
    mend: 'Do not clone it. Take the snapshot again on its own node.',
  },
  'backing-outside-store': {
    severity: 'error',
    means: "The overlay names a base that does not lie directly in this store's cloudimg/blobs.",
    matters: 'The guest would read that file, whoever owns it.',
    mend: 'If it was made under another root, import it again; else do not clone it.',
  },
  'backing-name-not-a-digest': {
    severity: 'error',
    means: 'The file that the overlay names is not called <64 lower-case hex digits>.qcow2.',
    matters: 'Nothing says what its content must be.',
    mend: 'Take the snapshot again from an image that cocoon pulled or imported.',
  },
  'backing-format-missing': {
    severity: 'error',
    means: 'The overlay does not say the format of its base, and the base is not a sound qcow2 blob of this store.',
    matters: 'The opener would guess it from bytes that a guest may have written.',
    mend: 'Mend the base first; then `qemu-img rebase -u -F qcow2 -b BASE overlay.qcow2` writes the format.',
  },
  'backing-format-mismatch': {
    severity: 'error',
    means: 'The overlay says that its base has another format than qcow2.',
    matters: "The guest would see the container's bytes, or the opener refuses.",
    mend: 'Take the snapshot again, or write the format with `qemu-img rebase -u -F qcow2 -b BASE overlay.qcow2`.',
  },
  'virtual-size-shrunk': {
    severity: 'warning',
    means: 'The overlay is smaller than its base.',
    matters: 'The guest sees only the front of its disk.',
    mend: 'Nothing, if that was intended.',
  },
  'overlay-tables-unread': {
    severity: 'info',
    means:
      'The overlay of an archive stores more than is kept while it streams by: its header was judged, its tables were not.',
    matters: 'This allow says nothing of them.',
    mend: 'Import it: the check before the clone reads them.',
  },
} as const satisfies CatalogueEntries;
