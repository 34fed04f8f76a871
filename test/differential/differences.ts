import { BITMAPS, DIRTY } from '../../lib/qcow2/features.js';
import type { Anatomy } from './anatomy.js';
import type { Judged } from './judge.js';

/** A line of docs/qcow2-differences.md: we deny what QEMU accepts. */
export interface Stricter {
  readonly id: string;
  /** Of `code: message`. */
  readonly pattern: RegExp;
}

/** A line of docs/qcow2-differences.md: we allow what QEMU refuses or calls corrupt. */
export interface Looser {
  readonly id: string;
  /** Of the line that QEMU prints. */
  readonly pattern: RegExp;
  readonly holds: (line: string, judged: Judged, anatomy: () => Anatomy) => boolean;
}

export const stricter: readonly Stricter[] = [
  { id: 'extended-l2', pattern: /^overlay-unsupported: it has extended L2 entries/ },
  { id: 'external-data-file', pattern: /^external-data-file: / },
  { id: 'internal-snapshots', pattern: /^overlay-unsupported: it has internal snapshots/ },
  { id: 'bitmaps', pattern: /^overlay-unsupported: it has persistent bitmaps/ },
  { id: 'bitmaps-nowhere', pattern: /^overlay-malformed: autoclear_features says that there are bitmaps/ },
  {
    id: 'zeros-in-version-2',
    pattern: /^(overlay|blob)-malformed: .*reads as zeros, which version 2 has not/,
  },
  { id: 'compressed-cut', pattern: /^(overlay|blob)-malformed: the compressed cluster at byte .* ends at byte/ },
  { id: 'data-cut', pattern: /^(overlay|blob)-malformed: the data cluster at byte .* bytes and the file ends/ },
  { id: 'l1-cut', pattern: /^(overlay|blob)-malformed: the L1 table at byte \d+ has \d+ bytes and the file ends/ },
  { id: 'name-in-header', pattern: /^(overlay|blob)-malformed: the backing file name begins inside the header/ },
  { id: 'half-a-name', pattern: /^(overlay|blob)-malformed: (only one of backing_file_offset|backing_file_size is)/ },
  { id: 'flags-alone', pattern: /^(overlay|blob)-malformed: the L[12] entry at byte \d+ has flags and no offset/ },
  { id: 'marked-corrupt', pattern: /^overlay-marked-corrupt: / },
  { id: 'encrypted', pattern: /^overlay-encrypted: / },
  { id: 'large-disk', pattern: /^overlay-unsupported: the virtual size is/ },
  { id: 'extensions-without-end', pattern: /^overlay-malformed: the header extensions have no end marker/ },
  { id: 'refcount-table-too-large', pattern: /^overlay-unsupported: refcount_table_clusters is \d+, which Cloud/ },
  { id: 'refcount-table-cut', pattern: /^(overlay|blob)-malformed: the file ends inside the refcount table entries/ },
  { id: 'large-file', pattern: /^overlay-unsupported: the file is larger than what Cloud Hypervisor/ },
  { id: 'many-refcounts', pattern: /^overlay-unsupported: the refcounts of \d+ clusters are to be rebuilt/ },
  { id: 'compressed-and-rebuilt', pattern: /^overlay-unsupported: Cloud Hypervisor will rebuild its refcounts/ },
  { id: 'backing-name', pattern: /^backing-(none|relative|not-a-path|outside-store|name-not-a-digest): / },
  { id: 'backing-format', pattern: /^backing-format-mismatch: / },
  { id: 'base-with-a-base', pattern: /^blob-has-backing: / },
];

export const looser: readonly Looser[] = [
  {
    id: 'stale-refcounts',
    pattern: /^ERROR cluster \d+ refcount=0 reference=\d+$/,
    holds: (line, { header }, anatomy) => {
      const cluster = Number(/cluster (\d+)/.exec(line)?.[1]);
      const dirty = header !== null && (header.incompatible & DIRTY) !== 0n;
      return dirty && !anatomy().metadata.has(cluster);
    },
  },
  {
    id: 'refcounts-of-a-base',
    pattern: /^ERROR cluster \d+ refcount=\d+ reference=\d+$/,
    holds: (line, { role }, anatomy) => {
      return role === 'blob' && !anatomy().metadata.has(Number(/cluster (\d+)/.exec(line)?.[1]));
    },
  },
  { id: 'copied-flag', pattern: /^ERROR OFLAG_COPIED (L2|data) cluster: /, holds: () => true },
  {
    id: 'bitmaps-of-a-base',
    pattern: /^QEMU refuses it: .*(Bitmap '.*' doesn't satisfy the constraints|Could not read bitmap )/,
    holds: (_, { role, header }) => role === 'blob' && header !== null && (header.autoclear & BITMAPS) !== 0n,
  },
];
