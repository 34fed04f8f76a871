import type { KeptContent } from './kept-content.js';

/** A file of an archive, as `cocoon snapshot import` would write it. */
export interface ArchiveEntry {
  /** A plain file name: valid UTF-8, no slash, no control characters, not `.` or `..`. No other entry has it. */
  readonly name: string;
  /** Permission bits; never set-user-ID and its like. */
  readonly mode: number;
  /** Bytes of the file as it would be unpacked. */
  readonly size: bigint;
  /** Bytes of it that stand in the archive: all but its holes. */
  readonly stored: bigint;
  /** Of a file with holes the number of its parts that hold data; null for a file that stands there whole. */
  readonly sparse: { readonly segments: number } | null;
  /** What was kept of its content: see `keptBytes`, `keptWhole` and `keptReader`. */
  readonly kept: KeptContent;
}
