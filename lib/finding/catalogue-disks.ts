import type { CatalogueEntries } from './catalogue-entry.js';

/** Raw disks, and the layers and boot files of OCI images. */
export const diskEntries = {
  'raw-size-mismatch': {
    severity: 'error',
    means: 'A raw disk of the snapshot is missing bytes or has too many.',
    matters: 'cocoon grows it with zeros and the guest reads wrong data.',
    mend: 'Import the snapshot again with cocoon (an ordinary tar shortens sparse files).',
  },
  'raw-disk-probed': {
    severity: 'error',
    means: 'A raw disk begins with the header of another image format.',
    matters: 'Cloud Hypervisor refuses it; a reader that guesses would follow a header that the guest wrote.',
    mend: 'Take the snapshot again without that disk.',
  },
  'layer-mismatch': {
    severity: 'error',
    means:
      'The layers or boot files that would be opened are not those that are meant: of the record, of the image, or of the virtual machine that is restored.',
    matters: 'Files of upper layers vanish, or the guest runs on another image than the one it was saved on.',
    mend: 'Take the snapshot again, or import it again; in place of a restore, clone a new virtual machine from it.',
  },
  'layer-malformed': {
    severity: 'error',
    means: 'A layer is no EROFS image, or its superblock does not fit its file.',
    matters: 'The guest cannot mount it, or reads past its end.',
    mend: 'Move it aside and pull the image again.',
  },
  'archive-malformed': {
    severity: 'error',
    means:
      'The archive is not what `cocoon snapshot export` writes, or two readers could unpack different files from it.',
    matters: 'cocoon would write files that nobody has judged, or fail half-way.',
    mend: 'Export the snapshot again with cocoon, and copy it whole.',
  },
  'from-dir-not-private': {
    severity: 'error',
    means:
      'Somebody else than root or us can change the directory that is cloned from, what is in it, or the way to it.',
    matters: 'What was judged could be another file by the time that cocoon opens it.',
    mend: 'Copy it to a directory that only root can write, for instance below /root or /var/lib, and clone from there.',
  },
  'vmstate-malformed': {
    severity: 'error',
    means: 'vmstate is not what Firecracker writes: damaged, cut short, or made by hand.',
    matters: 'Firecracker opens whatever drives it names; what those are cannot be known.',
    mend: 'Take the snapshot again, or import it again.',
  },
  'boot-file-missing': {
    severity: 'error',
    means: 'The firmware, kernel or initial RAM disk that the virtual machine boots from is not there.',
    matters: 'The clone fails.',
    mend: 'Install the firmware again (cocoon-setup puts CLOUDHV.fd into <root>/firmware); take an image that has a kernel and an initial RAM disk.',
  },
} as const satisfies CatalogueEntries;
