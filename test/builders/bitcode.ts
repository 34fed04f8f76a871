import { eightBytes, number, widths } from './bincode.js';
import type { Value } from './serde-value.js';

/** The values that a field has in all the structs that it is part of. */
interface Field {
  readonly children: Map<number, Field>;
  column: Column | null;
}

interface Column {
  readonly kind: Value['kind'];
  readonly numbers: bigint[];
  readonly texts: Buffer[];
}

/** As bitcode 0.6.9 writes through serde, but nothing is packed tighter than it must be. */
export function encodeBitcode(value: Value): Buffer {
  const columns: Column[] = [];
  write(value, { children: new Map(), column: null }, columns);
  return Buffer.concat(columns.map(encodeColumn));
}

function write(value: Value, field: Field, columns: Column[]): void {
  const child = (index: number): Field => {
    const there = field.children.get(index) ?? { children: new Map(), column: null };
    field.children.set(index, there);
    return there;
  };
  if (value.kind === 'struct') {
    for (const [index, inner] of value.fields.entries()) write(inner, child(index), columns);
    return;
  }
  if (field.column === null) {
    field.column = { kind: value.kind, numbers: [], texts: [] };
    columns.push(field.column);
  }
  const { numbers, texts } = field.column;
  switch (value.kind) {
    case 'bool':
      numbers.push(value.value ? 1n : 0n);
      break;
    case 'text':
      numbers.push(BigInt(value.bytes.length));
      texts.push(value.bytes);
      break;
    case 'list':
      numbers.push(BigInt(value.items.length));
      for (const item of value.items) write(item, child(0), columns);
      break;
    case 'option':
      numbers.push(value.value === null ? 0n : 1n);
      if (value.value !== null) write(value.value, child(1), columns);
      break;
    case 'variant':
      numbers.push(BigInt(value.index));
      if (value.data !== null) write(value.data, child(value.index), columns);
      break;
    default:
      numbers.push(value.value);
  }
}

function encodeColumn({ kind, numbers, texts }: Column): Buffer {
  switch (kind) {
    case 'bool':
      return bits(numbers);
    case 'text':
    case 'list':
      return Buffer.concat([lengths(numbers), ...texts]);
    case 'u16':
    case 'u32':
    case 'u64':
      return ints(numbers, widths[kind]);
    default:
      return bytes(numbers);
  }
}

function bits(numbers: readonly bigint[]): Buffer {
  const packed = Buffer.alloc(Math.ceil(numbers.length / 8));
  numbers.forEach((value, index) => {
    const at = Math.floor(index / 8);
    packed.writeUInt8(packed.readUInt8(at) | (Number(value) << (index % 8)), at);
  });
  return packed;
}

function bytes(numbers: readonly bigint[]): Buffer {
  const plain = Buffer.from(numbers.map(Number));
  return plain.length <= 2 ? plain : Buffer.concat([Buffer.alloc(1), plain]);
}

function ints(numbers: readonly bigint[], width: number): Buffer {
  const plain = Buffer.concat(numbers.map((value) => number(value, width)));
  return width === 2 && numbers.length === 1 ? plain : Buffer.concat([Buffer.alloc(1), plain]);
}

function lengths(numbers: readonly bigint[]): Buffer {
  const large = numbers.filter((length) => length >= 255n);
  const behind = large.length === 0 ? [] : [Buffer.alloc(1), ...large.map(eightBytes)];
  return Buffer.concat([bytes(numbers.map((length) => (length < 255n ? length : 255n))), ...behind]);
}
