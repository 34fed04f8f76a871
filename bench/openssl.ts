import type { Contestant } from './case.js';
import { run, whyAbsent } from './program.js';

/** Seconds that `openssl speed` hashes for one measurement. */
const SECONDS = 1;

/** OpenSSL's SHA-256 over one block of memory again and again, in GB/s: what a core can do without a file. */
export function coreRate(name: string, blockBytes: number): Contestant {
  return {
    name,
    absent: whyAbsent('openssl'),
    measure: async () => {
      // By the clock on the wall, as everything beside it: by itself it counts processor time, which knows no neighbours.
      const words = ['openssl', 'speed', '-elapsed', '-evp', 'sha256', '-bytes', String(blockBytes)];
      return parseSpeed((await run([...words, '-seconds', String(SECONDS)])).stdout);
    },
  };
}

/** The rate in the last line of `openssl speed -evp sha256 -bytes N`, which is in thousands of bytes a second; in GB/s. */
export function parseSpeed(output: string): number {
  const match = /^sha256\s+([0-9.]+)k\s*$/im.exec(output);
  if (match === null) throw new Error(`openssl speed said nothing of sha256: ${output}`);
  return Number(match[1]) / 1e6;
}
