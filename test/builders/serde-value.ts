/** Values as serde sees them, for both codecs to write. */
export type Value =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'option'; readonly value: Value | null }
  | { readonly kind: 'variant'; readonly index: number; readonly data: Value | null }
  | { readonly kind: 'struct'; readonly fields: readonly Value[] };

export const u8 = (value: number): Value => ({ kind: 'u8', value: BigInt(value) });
export const u16 = (value: number): Value => ({ kind: 'u16', value: BigInt(value) });
export const u32 = (value: number): Value => ({ kind: 'u32', value: BigInt(value) });
export const u64 = (value: bigint | number): Value => ({ kind: 'u64', value: BigInt(value) });
export const bool = (value: boolean): Value => ({ kind: 'bool', value });
export const text = (value: string | Buffer): Value => ({ kind: 'text', bytes: Buffer.from(value) });
export const none: Value = { kind: 'option', value: null };
export const some = (value: Value): Value => ({ kind: 'option', value });
export const variant = (index: number, data: Value | null = null): Value => ({ kind: 'variant', index, data });

/** Where a field is absent from a layout, null stands in its place. */
export function struct(...fields: readonly (Value | null)[]): Value {
  return { kind: 'struct', fields: fields.filter((field) => field !== null) };
}

export function list<T>(items: readonly T[], write: (item: T) => Value): Value {
  return { kind: 'list', items: items.map(write) };
}

export function blob(content: Buffer): Value {
  return list([...content], u8);
}

export function optional<T>(value: T | null | undefined, write: (value: T) => Value): Value {
  return value === null || value === undefined ? none : some(write(value));
}

export function times(repeats: number, value: Value): Value {
  return struct(...Array.from({ length: repeats }, () => value));
}
