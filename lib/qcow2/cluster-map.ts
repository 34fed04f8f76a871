export const FREE = 0;
/** Header, tables, refcount blocks. */
export const METADATA = 1;
/** A cluster of guest data. */
export const DATA = 2;
/** Compressed guest data: several extents may share it. */
export const COMPRESSED = 3;

/** What each host cluster of a file is used for, by its number. */
export interface ClusterMap {
  use(cluster: number): number;
  setUse(cluster: number, use: number): void;
  /** The first cluster of `from` ≤ cluster < `to` that is used for anything, or -1. */
  nextUsed(from: number, to: number): number;
}

const CLUSTERS_PER_PAGE = 2 ** 16;
const CLUSTERS_PER_BYTE = 4;

/** Two bits a cluster, in pages of 16 KiB that are made when they are first needed: most files use few. */
export function createClusterMap(): ClusterMap {
  const pages: (Uint8Array | undefined)[] = [];

  function use(cluster: number): number {
    const page = pages[cluster >>> 16];
    if (page === undefined) return FREE;
    return ((page[(cluster & 0xffff) >>> 2] as number) >>> ((cluster & 3) * 2)) & 3;
  }

  function setUse(cluster: number, value: number): void {
    let page = pages[cluster >>> 16];
    if (page === undefined) {
      page = new Uint8Array(CLUSTERS_PER_PAGE / CLUSTERS_PER_BYTE);
      pages[cluster >>> 16] = page;
    }
    const at = (cluster & 0xffff) >>> 2;
    const shift = (cluster & 3) * 2;
    page[at] = ((page[at] as number) & ~(3 << shift)) | (value << shift);
  }

  function nextUsed(from: number, to: number): number {
    let cluster = from;
    while (cluster < to) {
      const page = pages[cluster >>> 16];
      if (page === undefined) {
        cluster = (cluster | 0xffff) + 1;
      } else if ((cluster & 3) === 0 && page[(cluster & 0xffff) >>> 2] === 0) {
        cluster += CLUSTERS_PER_BYTE;
      } else if (use(cluster) !== FREE) {
        return cluster;
      } else {
        cluster += 1;
      }
    }
    return -1;
  }

  return { use, setUse, nextUsed };
}
