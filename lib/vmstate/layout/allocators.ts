import { enumeration, numbers, option, present, type Reader, struct, u32, u64 } from '../bincode.js';
import { fail } from '../cursor.js';
import { MAX_TREE_DEPTH } from '../limits.js';
import { type Layout, since } from '../versions.js';

/** IdAllocator, src/id_allocator.rs of the crate vm-allocator 0.1.3. */
const idAllocator = struct({
  rangeBase: u32,
  nextId: option(u32),
  rangeEnd: u32,
  freedIds: numbers(4),
});

const rangeInclusive = struct({ start: u64, end: u64 });

/** InnerNode, src/allocation_engine/interval_tree.rs there. */
function node(depth: number): Reader<void> {
  return (cursor) => {
    if (depth > MAX_TREE_DEPTH) return fail(cursor, cursor.at, `a tree of more than ${MAX_TREE_DEPTH} levels`);
    inner(cursor);
  };
  function inner(cursor: Parameters<Reader<void>>[0]): void {
    const child = option(node(depth + 1));
    struct({
      key: rangeInclusive,
      nodeState: enumeration('free', 'allocated'),
      left: child,
      right: child,
      height: u64,
    })(cursor);
  }
}

/** AddressAllocator, src/address_allocator.rs there. */
const addressAllocator = struct({ addressSpace: rangeInclusive, root: option(node(1)) });

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
