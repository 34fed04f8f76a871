import {
  blob,
  bool,
  list,
  none,
  some,
  struct,
  text,
  times,
  u8,
  u16,
  u32,
  u64,
  type Value,
  variant,
} from './serde-value.js';
import { type BuiltLayout, from } from './vmstate-devices.js';

/** What the PCI bus writes around a device: its address, counted from 00:01.0 on, and the state of its registers. */
export function pciBus(layout: BuiltLayout): (deviceId: string, state: Value) => Value {
  let device = 1;
  return (deviceId, state) => {
    const address = device << 3;
    device += 1;
    return struct(text(deviceId), u32(address), state, transport(layout, address));
  };
}

function transport(layout: BuiltLayout, address: number): Value {
  const newest = from(layout, '1.16');
  const name = `0000:00:${(address >> 3).toString(16).padStart(2, '0')}.0`;
  const common = struct(u8(15), u8(1), u32(0), u32(0), u16(0), u16(7), list([1, 2], u16));
  return struct(
    newest ? u32(address) : text(name),
    bool(true),
    newest ? u16(80) : u64(80),
    blob(Buffer.alloc(20)),
    configuration(layout),
    common,
    msix(layout),
    ...end(layout),
  );
}

function configuration(layout: BuiltLayout): Value {
  const registers = [list([1, 2], u32), list([3], u32)];
  if (from(layout, '1.16')) return struct(...registers, some(struct(u8(64), u8(9))));
  const oldest = !from(layout, '1.14');
  const bar = struct(u32(1), u32(2), bool(true), oldest ? some(variant(2)) : null);
  const rom = oldest ? [u32(0), u32(0), bool(false)] : [];
  return struct(
    ...registers,
    list([bar], (each) => each),
    ...rom,
    some(struct(u64(64), u64(9))),
    none,
  );
}

function msix(layout: BuiltLayout): Value {
  const entry = struct(u32(1), u32(2), u32(3), u32(0));
  const vectors = from(layout, '1.14') ? list([24, 25], u32) : null;
  return struct(
    list([entry, entry], (each) => each),
    list([0], u64),
    bool(false),
    bool(true),
    vectors,
  );
}

function end(layout: BuiltLayout): Value[] {
  if (from(layout, '1.16')) return [times(6, struct(u32(1), u32(2), bool(true))), u16(96)];
  if (from(layout, '1.14')) return [u64(0x4000_0000_00n)];
  return [list([24, 25], u32), struct(u64(0x1000), u64(0x80000), u64(0), variant(2), variant(1))];
}
