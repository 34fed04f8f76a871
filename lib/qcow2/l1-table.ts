import { entriesOf } from './entries.js';
import { MAX_L1_BYTES, MAX_TABLE_BYTES } from './limits.js';
import { addProblem, type Claim, claimTable, isPlaced, readExactly, type Walk } from './walk.js';

/** The L2 tables of one L1 table that can be read: their offsets, and the entries that lead to them. */
export interface L2List {
  readonly offsets: number[];
  readonly indices: number[];
}

/** How the L2 table at `offset` is taken: for itself, or as one that is known already. False: not to be walked. */
export type TakeL2 = (claim: Claim, offset: number) => boolean;

/** Takes the clusters of an L1 table, of which only the bytes must be inside the file: real overlays end there. */
export function claimL1(walk: Walk, what: string, offset: bigint, entries: number): boolean {
  const bytes = entries * 8;
  const claim = { what, entry: null };
  if (entries === 0 || !isPlaced(walk, claim, Number(offset), bytes)) return false;
  if (bytes > MAX_L1_BYTES) {
    walk.tooLarge = `an L1 table of ${bytes} bytes`;
    return false;
  }
  return claimTable(walk, claim, Number(offset), bytes);
}

/** Reads an L1 table that has been claimed and takes its L2 tables. */
export async function readL1(walk: Walk, offset: number, entries: number, take: TakeL2): Promise<L2List> {
  const list: L2List = { offsets: [], indices: [] };
  // Counted before it is read, and one of nothing but holes, too: 65,536 snapshots may have one of 32 MiB each.
  if (!hasRoom(walk, entries * 8)) return list;
  const table = await readExactly(walk, offset, entries * 8);
  const used = entriesOf(table);
  for (let position = used.next(0); position !== -1; position = used.next(position + 8)) {
    const high = used.high(position);
    const low = used.low(position);
    const at = offset + position;
    const target = (high & 0xffffff) * 2 ** 32 + (low - (low & 0x1ff));
    if (!isWellFormed(walk, at, target, (high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0)) continue;
    if (!take({ what: 'L2 table', entry: at }, target)) continue;
    if (!hasRoom(walk, walk.clusterSize)) break;
    list.offsets.push(target);
    list.indices.push(position / 8);
  }
  return list;
}

/** Whether a table of so many bytes is within the limit of them all; it counts from then on. */
function hasRoom(walk: Walk, bytes: number): boolean {
  walk.tableBytes += bytes;
  if (walk.tableBytes <= MAX_TABLE_BYTES) return true;
  walk.tooLarge = `more than ${MAX_TABLE_BYTES} bytes of L1 and L2 tables`;
  return false;
}

function isWellFormed(walk: Walk, at: number, target: number, reserved: boolean): boolean {
  if (target === 0) {
    addProblem(walk, 'flags-without-offset', at, () => `the L1 entry at byte ${at} has flags and no offset`);
    return false;
  }
  if (reserved) {
    addProblem(walk, 'reserved-bits', at, () => `the L1 entry at byte ${at} has reserved bits set`);
  }
  return true;
}

/** Takes an L2 table of the active L1 table: its cluster must not be anything else. */
export function takeActiveL2(walk: Walk): TakeL2 {
  return (claim, offset) => {
    if (!claimTable(walk, claim, offset, walk.clusterSize)) return false;
    walk.counts.l2Tables += 1;
    return true;
  };
}
