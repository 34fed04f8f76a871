/** Writes what serde and bincode write with integers of fixed width, lowest byte first. */

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function bool(value: boolean): Buffer {
  return u8(value ? 1 : 0);
}

export function blob(content: Buffer): Buffer {
  return Buffer.concat([u64(content.length), content]);
}

export function text(value: string): Buffer {
  return blob(Buffer.from(value));
}

export function some(content: Buffer): Buffer {
  return Buffer.concat([u8(1), content]);
}

export const none = u8(0);

export function optional<T>(value: T | null | undefined, write: (value: T) => Buffer): Buffer {
  return value === null || value === undefined ? none : some(write(value));
}

export function list<T>(items: readonly T[], write: (item: T) => Buffer): Buffer {
  return Buffer.concat([u64(items.length), ...items.map(write)]);
}

export function join(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}
