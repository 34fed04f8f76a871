/** Whether bytes came past this machine's page cache (O_DIRECT) or through it. */
export type ReadFrom = 'disk' | 'cache';
