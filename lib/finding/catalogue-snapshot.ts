import type { CatalogueEntries } from './catalogue-entry.js';

/** Codes about the metadata and the snapshot itself: reference, sidecars, guest memory, other disks. */
export const snapshotEntries = {
  'snapshot-not-found': {
    severity: 'error',
    means: 'No snapshot has this id, this name or this id prefix.',
    matters: 'cocoon would refuse the clone too; a misspelt name must not pass as "nothing wrong".',
    mend: 'List the snapshots with `cocoon snapshot list`, or check that --root-dir and --config are those of the node.',
  },
  'snapshot-ambiguous': {
    severity: 'error',
    means: 'The reference is a prefix of more than one snapshot id.',
    matters: 'Which snapshot would be cloned cannot be known.',
    mend: 'Give more characters of the id, or the name.',
  },
  'snapshot-pending': {
    severity: 'error',
    means: 'The snapshot is still being written, or its writer died.',
    matters: 'Its files are not complete; cocoon calls it "not found".',
    mend: 'Wait for `cocoon snapshot save` or `import` to end; `cocoon gc` removes what a dead one left.',
  },
  'snapshot-unsupported': {
    severity: 'unverified',
    means: 'The snapshot is of a kind (hypervisor, image type) that this version cannot judge.',
    matters: 'What was not judged is never called healthy.',
    mend: 'Use a newer version of blobcheck.',
  },
  'metadata-unreadable': {
    severity: 'unverified',
    means: "cocoon's index or database, or one record in it, cannot be read or understood.",
    matters: 'Without it nobody knows which snapshots exist and what they need.',
    mend: 'The message names file and reason. Is --root-dir the right one, and may you read it? What is torn comes back from a backup.',
  },
  'metadata-newer': {
    severity: 'unverified',
    means: 'The database was written by a cocoon with a newer schema than this version knows.',
    matters: 'A guess at an unknown schema could call a broken snapshot healthy.',
    mend: 'Use a newer version of blobcheck.',
  },
  'metadata-converting': {
    severity: 'unverified',
    means: 'A conversion of the metadata from JSON to sqlite is in flight, or was interrupted.',
    matters: 'cocoon itself opens neither engine until it is finished.',
    mend: 'Finish it with `cocoon meta convert`, then ask again.',
  },
  'metadata-ambiguous': {
    severity: 'unverified',
    means: 'A sqlite database and a live JSON index stand side by side.',
    matters: 'An old and a new cocoon would read different snapshots from this root.',
    mend: 'Say which engine your cocoon uses (`meta_backend` in its configuration, or COCOON_META_BACKEND), or move the stale one away.',
  },
  'metadata-recovered': {
    severity: 'warning',
    means: 'The index was torn (a power cut), and its previous generation was read, as cocoon does.',
    matters: 'The newest change to the index is lost.',
    mend: 'Look whether the last snapshot or image is missing; the next write by cocoon mends the file.',
  },
  'state-unusable': {
    severity: 'warning',
    means: "blobcheck's own state directory cannot be used, so nothing is remembered.",
    matters: 'The verdict stands, but a later flip in a converted base cannot be told from a conversion.',
    mend: 'Make it a directory with room, that root (or you) owns and nobody else can write, or name another with --state-dir.',
  },
  'seal-unreadable': {
    severity: 'unverified',
    means: 'A seal for this blob exists and cannot be trusted: truncated, altered, or of an unsafe owner or mode.',
    matters: 'A seal that cannot be read is not the same as no seal: what the blob must be is unknown.',
    mend: 'Restore seals/ from a backup, or decide anew with `blobcheck seal --replace BLOB`.',
  },
  'snapshot-file-missing': {
    severity: 'error',
    means: 'A file of the snapshot is not there, is not a regular file, or its directory is not where it must be.',
    matters: 'The clone fails, or opens something else than what was judged.',
    mend: 'Take the snapshot again, or import it again.',
  },
  'file-unreadable': {
    severity: 'unverified',
    means: 'A file of the snapshot cannot be read: a read error, or no permission.',
    matters: 'What cannot be read cannot be judged.',
    mend: 'Look at the kernel log and the disk, or run as a user who may read it.',
  },
  'file-changed': {
    severity: 'unverified',
    means: 'A file or record of the snapshot changed, or went away, while it was being judged.',
    matters: 'What was judged is not what a clone would open.',
    mend: 'Ask again; if it comes back, look which program is writing there.',
  },
  'image-not-found': {
    severity: 'error',
    means: 'No image in the local index has this reference or digest.',
    matters: 'A new VM could not be started from it without a pull.',
    mend: 'Pull it (`cocoon image pull`), or list the images with `cocoon image list`.',
  },
  'snapshot-file-unknown': {
    severity: 'warning',
    means: "A file lies in the snapshot's directory that cocoon does not write there.",
    matters: 'cocoon copies it into the run directory of every clone.',
    mend: 'Find out where it came from; remove it if nothing needs it.',
  },
  'memory-size-mismatch': {
    severity: 'error',
    means:
      'The file of guest memory has not exactly the size that state.json names, or config.json and the record do not fit it.',
    matters: 'What is missing is restored as zeros without an error: the guest runs on damaged memory.',
    mend: 'Take the snapshot again, or import it again (a full disk cuts it short).',
  },
  'sidecar-malformed': {
    severity: 'error',
    means: 'cocoon.json, config.json or state.json is not strict JSON of the shape that cocoon writes.',
    matters: 'cocoon (Go) and other readers could take different values from it: a repeated key, another spelling.',
    mend: 'Take the snapshot again on its own node; an import that looks like this was made by hand.',
  },
  'sidecar-mismatch': {
    severity: 'error',
    means: 'cocoon.json, config.json, the record and the directory do not agree about the disks.',
    matters: 'cocoon computes which file it opens; a decoy elsewhere would be judged in its place.',
    mend: 'Take the snapshot again, or import it again.',
  },
  'disk-outside-store': {
    severity: 'error',
    means: "A disk named by the sidecars is neither the snapshot's own file nor a blob of this store.",
    matters: 'The clone would open a file of the host, or of another tenant.',
    mend: 'Do not clone it. Take the snapshot again on its own node.',
  },
  'snapshot-file-refused': {
    severity: 'error',
    means:
      'The snapshot holds a file that cocoon never writes into one, and that it would take for its own in a clone.',
    matters: 'A backup of a disk would be moved over the disk, the state of another hypervisor restored.',
    mend: 'Move the file out of the directory, and ask where the snapshot came from.',
  },
  'vm-config-host-access': {
    severity: 'error',
    means: 'config.json gives the guest a path, socket or device of the host that cocoon never gives.',
    matters: 'cocoon hands it to the hypervisor nearly as it is, and that runs as root.',
    mend: 'Do not clone it unless you know why it is there; take the snapshot again on its own node. A section that your nodes need (say `platform`) is allowed by name with `--allow-vm-section platform` or BLOBCHECK_ALLOW_VM_SECTIONS=platform.',
  },
  'vm-section-allowed': {
    severity: 'info',
    means: 'A section of config.json that cocoon does not write was allowed by its name.',
    matters: 'This allow rests on the word of whoever gave --allow-vm-section.',
    mend: 'Nothing, if that was meant.',
  },
  'digest-mismatch': {
    severity: 'error',
    means: "The record's image_digest names another blob than the overlay's header does.",
    matters: 'One of the two is wrong; which guest content was meant cannot be known.',
    mend: 'Take the snapshot again.',
  },
  'vm-not-found': {
    severity: 'error',
    means: 'No virtual machine has this id, this name or this id prefix.',
    matters: 'cocoon would refuse the restore too; what it would open cannot be known.',
    mend: 'List them with `cocoon vm list`, or check that --root-dir and --config are those of the node.',
  },
} as const satisfies CatalogueEntries;
