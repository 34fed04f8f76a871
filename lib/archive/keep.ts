/** A part of a file as it would be unpacked. Bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** What is to be kept of a file's content while it streams by. */
export interface Keep {
  /** All of it, if no more bytes than these stand in the archive: holes cost nothing. 0 for a file of nothing but holes. */
  readonly whole: number;
  /** Else these parts of it. They may overlap, and reach beyond its end. */
  readonly ranges: readonly Range[];
}

/** The sizes of the file that is asked about; bytes. */
export interface KeepQuestion {
  readonly name: string;
  /** As it would be unpacked. */
  readonly size: number;
  /** What stands in the archive. */
  readonly stored: number;
}

/** What readers of JSON documents take at most, 16 MiB (lib/store/json-limits.ts). */
export const DOCUMENT_BYTES = 16 * 2 ** 20;
/** A real `vmstate` of one CPU has 19 KB; Firecracker gives a machine 32 CPUs at most. */
export const VMSTATE_BYTES = 4 * 2 ** 20;
/** An overlay of a short life is kept whole, so that its tables can be walked wherever in it they lie. */
export const OVERLAY_BYTES = 8 * 2 ** 20;
/** The largest first cluster that a qcow2 file has (MAX_CLUSTER_BITS): all of its header is in it. */
export const OVERLAY_HEAD_BYTES = 2 * 2 ** 20;
/** What tells one format of a disk from another stands in its first bytes. */
export const DISK_HEAD_BYTES = 64 * 2 ** 10;
/** The last sector: a fixed VHD has its mark there. */
export const DISK_TAIL_BYTES = 512;

const DOCUMENTS: ReadonlySet<string> = new Set(['snapshot.json', 'cocoon.json', 'config.json', 'state.json']);
const NOTHING: Keep = { whole: 0, ranges: [] };

/** What is judged of a snapshot's files: its documents whole, of its disks both ends, of its memory the size alone. */
export function keepOfSnapshot({ name, size }: KeepQuestion): Keep {
  if (DOCUMENTS.has(name)) return { whole: DOCUMENT_BYTES, ranges: [] };
  if (name === 'vmstate') return { whole: VMSTATE_BYTES, ranges: [] };
  if (name === 'overlay.qcow2') {
    return { whole: OVERLAY_BYTES, ranges: bothEnds(size, OVERLAY_HEAD_BYTES, DISK_TAIL_BYTES) };
  }
  const isRaw = name === 'cow.raw' || name === 'cidata.img' || /^data-.*\.raw$/.test(name);
  return isRaw ? { whole: 0, ranges: bothEnds(size, DISK_HEAD_BYTES, DISK_TAIL_BYTES) } : NOTHING;
}

/** The first and the last bytes of a file. */
export function bothEnds(size: number, head: number, tail: number): readonly Range[] {
  return [
    { offset: 0, length: head },
    { offset: Math.max(0, size - tail), length: tail },
  ];
}
