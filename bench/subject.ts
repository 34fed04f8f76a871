import { fileURLToPath } from 'node:url';

/** `bin/blobcheck` as a user runs it: the command that starts the benchmark builds it first. */
export const program = fileURLToPath(new URL('../bin/blobcheck', import.meta.url));
