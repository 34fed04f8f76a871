import { claimL1, type L2List, readL1, type TakeL2 } from './l1-table.js';
import { readSnapshotTable } from './snapshot-table.js';
import { addProblem, claimTable, type Walk } from './walk.js';

/**
 * Takes the metadata of the internal snapshots: their table, their L1 tables, and the L2 tables that only they use.
 * A snapshot shares L2 tables and data clusters with the active table and with other snapshots (their refcounts say
 * so): that is no overlap. Returns the L2 tables that are left to walk.
 */
export async function claimSnapshots(walk: Walk, activeL2: L2List): Promise<L2List[]> {
  const { header } = walk;
  if (header.snapshotCount === 0) return [];
  const table = await readSnapshotTable(walk.read, header);
  const offset = Number(header.snapshotsOffset);
  if (table.problem !== null) {
    const why = table.problem;
    addProblem(walk, 'snapshot-table', offset, () => `the snapshot table at byte ${offset} cannot be read: ${why}`);
    return [];
  }
  if (!claimTable(walk, { what: 'snapshot table', entry: null }, offset, table.bytes)) return [];
  const claimed = table.snapshots.filter(({ l1TableOffset, l1Size }) => {
    return claimL1(walk, 'L1 table of an internal snapshot', l1TableOffset, l1Size);
  });
  const take = takeSnapshotL2(walk, new Set(activeL2.offsets));
  const lists: L2List[] = [];
  for (const { l1TableOffset, l1Size } of claimed) {
    if (walk.tooLarge !== null) break;
    lists.push(await readL1(walk, Number(l1TableOffset), l1Size, take));
  }
  return lists;
}

function takeSnapshotL2(walk: Walk, known: Set<number>): TakeL2 {
  return (claim, offset) => {
    if (known.has(offset) || !claimTable(walk, claim, offset, walk.clusterSize)) return false;
    known.add(offset);
    return true;
  };
}
