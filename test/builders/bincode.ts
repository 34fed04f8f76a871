import type { Value } from './serde-value.js';

/** As bincode 2 writes with integers of fixed width, lowest byte first. */
export function encodeBincode(value: Value): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** A number of eight bytes, lowest first. */
export function eightBytes(value: bigint | number): Buffer {
  return number(BigInt(value), 8);
}

export function number(value: bigint, width: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.subarray(0, width);
}

export const widths = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;

function write(value: Value, parts: Buffer[]): void {
  switch (value.kind) {
    case 'bool':
      parts.push(number(value.value ? 1n : 0n, 1));
      break;
    case 'text':
      parts.push(eightBytes(value.bytes.length), value.bytes);
      break;
    case 'list':
      parts.push(eightBytes(value.items.length));
      for (const item of value.items) write(item, parts);
      break;
    case 'option':
      parts.push(number(value.value === null ? 0n : 1n, 1));
      if (value.value !== null) write(value.value, parts);
      break;
    case 'variant':
      parts.push(number(BigInt(value.index), 4));
      if (value.data !== null) write(value.data, parts);
      break;
    case 'struct':
      for (const field of value.fields) write(field, parts);
      break;
    default:
      parts.push(number(value.value, widths[value.kind]));
  }
}
