/** Numbers that look random and are the same each time: Marsaglia's xorshift32. */
export interface Random {
  /** An integer of 0 to `limit` - 1. */
  below(limit: number): number;
  /** One of a list that is not empty. */
  one<T>(list: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  function below(limit: number): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return Math.floor((state / 2 ** 32) * limit);
  }
  for (let warm = 0; warm < 8; warm++) below(2);
  return { below, one: (list) => list[below(list.length)] as never };
}
