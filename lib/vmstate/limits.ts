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
