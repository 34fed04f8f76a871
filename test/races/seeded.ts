/** Whole numbers from 0 to 2^31, always the same ones for a seed (the generator of POSIX' rand, its upper bits). */
export function seeded(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 33n);
  };
}
