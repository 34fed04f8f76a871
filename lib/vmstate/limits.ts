/** Firecracker decodes no more of a state: DESERIALIZATION_BYTES_LIMIT, src/vmm/src/snapshot/mod.rs. */
export const MAX_VMSTATE_BYTES = 10 * 2 ** 20;

/**
 * Every string of a state came to Firecracker in a request of its API, which is no longer than 51,200 bytes by default
 * (HTTP_MAX_PAYLOAD_SIZE, src/vmm/src/lib.rs).
 */
export const MAX_STRING_BYTES = 65_536;

/** Three numbers of nine digits and two dots; every version so far has five or six bytes. */
export const MAX_VERSION_BYTES = 29;

/** The interval trees of vm-allocator are balanced: one this high would have more nodes than a file has bytes. */
export const MAX_TREE_DEPTH = 64;
/** A tree has a node for each range of addresses that is taken or free; a VM has a few dozen devices. */
export const MAX_TREE_NODES = 1024;

/**
 * Items of all the lists of a state together, numbers too. bitcode puts up to eight into a byte; a real state has a few
 * thousand for each of its 32 processors at most.
 */
export const MAX_LISTED_ITEMS = 2 ** 20;

/** Items of one list that are kept: devices, regions of memory. A VM has a few dozen. */
export const MAX_KEPT_ITEMS = 4096;
