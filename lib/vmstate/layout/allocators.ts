import { fail } from '../cursor.js';
import type { Deserializer } from '../deserializer.js';
import { MAX_TREE_DEPTH, MAX_TREE_NODES } from '../limits.js';
import { enumeration, numbers, option, present, type Reader, struct, u32, u64 } from '../serde.js';
import { type Layout, since } from '../versions.js';

/** IdAllocator, src/id_allocator.rs of the crate vm-allocator 0.1.3. */
const idAllocator = struct({
  rangeBase: u32,
  nextId: option(u32),
  rangeEnd: u32,
  freedIds: numbers(4),
});

const rangeInclusive = struct({ start: u64, end: u64 });

/** IntervalTree, src/allocation_engine/interval_tree.rs there: nodes within nodes. How many there were. */
const intervalTree: Reader<number> = (from) => {
  let nodes = 0;
  const nodeAt =
    (depth: number): Reader<void> =>
    (inner: Deserializer) => {
      nodes += 1;
      if (depth > MAX_TREE_DEPTH) fail(inner.cursor, inner.cursor.at, `a tree of more than ${MAX_TREE_DEPTH} levels`);
      if (nodes > MAX_TREE_NODES) fail(inner.cursor, inner.cursor.at, `a tree of more than ${MAX_TREE_NODES} nodes`);
      if (inner.cursor.problem !== null) return;
      const child = option(nodeAt(depth + 1));
      struct({
        key: rangeInclusive,
        nodeState: enumeration('free', 'allocated'),
        left: child,
        right: child,
        height: u64,
      })(inner);
    };
  option(nodeAt(1))(from);
  return nodes;
};

/** AddressAllocator, src/address_allocator.rs there. */
const addressAllocator = struct({ addressSpace: rangeInclusive, intervalTree });

/** ResourceAllocator, src/vmm/src/vstate/resources.rs. */
export function resourceAllocator(layout: Layout) {
  return struct({
    gsiLegacyAllocator: idAllocator,
    gsiMsiAllocator: idAllocator,
    mmio32Memory: addressAllocator,
    mmio64Memory: addressAllocator,
    pastMmio64Memory: present(since(layout, '1.14'), addressAllocator, null),
    systemMemory: addressAllocator,
  });
}
