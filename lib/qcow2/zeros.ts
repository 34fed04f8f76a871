/** Bytes of zeros to compare with. */
const zeros = Buffer.alloc(64 * 1024);

/** Whether `length` bytes at `at` are all 0: some hundred times as fast as a look at each. */
export function isZero(bytes: Buffer, at: number, length: number): boolean {
  const end = at + length;
  for (let from = at; from < end; from += zeros.length) {
    const to = Math.min(from + zeros.length, end);
    if (zeros.compare(bytes, from, to, 0, to - from) !== 0) return false;
  }
  return true;
}
