/** 0xad93d23594c935a9, the polynomial of the crate crc64 2.0.0 ("Jones"), with its bits reversed, in two halves. */
const POLYNOMIAL_HIGH = 0x95ac9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

// Halves of 32 bits: a bigint for each byte would take a hundred times as long.
const [tableHigh, tableLow] = makeTables();

function makeTables(): [Uint32Array, Uint32Array] {
  const highs = new Uint32Array(256);
  const lows = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        high ^= POLYNOMIAL_HIGH;
        low ^= POLYNOMIAL_LOW;
      }
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  return [highs, lows];
}

/**
 * The CRC-64 that ends a vmstate, of all the bytes before it: reflected, beginning with 0, nothing XORed at the end
 * (Firecracker, src/vmm/src/snapshot/crc.rs). It is stored with its lowest byte first.
 */
export function crc64(bytes: Uint8Array): bigint {
  let high = 0;
  let low = 0;
  for (let index = 0; index < bytes.length; index++) {
    const at = (low ^ (bytes[index] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (tableLow[at] as number);
    high = (high >>> 8) ^ (tableHigh[at] as number);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
