import type { ErofsRead } from '../../erofs/read-superblock.js';
import { type Finding, finding } from '../../finding/finding.js';

/** A kernel mounts no larger blocks than its pages; of x86-64. */
const PAGE_BYTES = 4096;

/** Rule 13 for a layer: an EROFS image that is whole in its file. Its content is told by its seal alone. */
export function judgeErofs(facts: ErofsRead, subject: string): Finding[] {
  const flaw = flawOf(facts);
  return flaw === null ? [] : [finding('layer-malformed', flaw, { subject })];
}

function flawOf(facts: ErofsRead): string | null {
  if (facts.kind === 'not-erofs') return 'the layer is no EROFS image';
  if (facts.kind === 'malformed')
    return `the superblock of the layer is damaged: ${facts.reason} (byte ${facts.offset})`;
  if (facts.kind === 'unsupported') return `the layer cannot be mounted: ${facts.reason}`;
  const { extraDevices, blockSize } = facts.superblock;
  // A kernel mounts it without a word.
  if (extraDevices > 0) return `the layer needs ${extraDevices} other devices, which no layer has`;
  return blockSize > PAGE_BYTES ? `the layer has blocks of ${blockSize} bytes, more than a page of the guest` : null;
}
