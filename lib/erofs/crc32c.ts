/** CRC-32C (Castagnoli; RFC 3720, appendix B.4): 0x1edc6f41, bits in reverse order. Node has only the CRC-32 of zip. */
const POLYNOMIAL = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  return rest;
});

/**
 * The CRC-32C of all parts, one after the other, as an unsigned number. The kernel's `crc32c(~0, …)`, of which EROFS keeps
 * the result, does not invert at the end: that is `~crc32c(…)`.
 */
export function crc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff;
  for (const part of parts) {
    for (const byte of part) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number);
  }
  return ~crc >>> 0;
}
