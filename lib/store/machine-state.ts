import type { FieldsOf, JsonValue, ObjectShape } from './json-shape.js';
import { diskStateShape, machineStateShape, memoryStateShape } from './sidecar-shapes.js';
import { type MalformedJson, parseStrict, parseStrictText, type StrictJson } from './strict-json.js';

/** What `state.json` says of the machine that a restore makes. */
export interface MachineState {
  /** Bytes of guest memory that the memory file must have; null where the state names none. */
  readonly memoryBytes: bigint | null;
  /** Bytes that the guest sees of each disk, by the id of its device: the `id` of the disk in `config.json`. */
  readonly disks: ReadonlyMap<string, bigint>;
}

const SECTOR_BYTES = 512n;

/** Parses `state.json` and, of the states in it, which are JSON in strings, those of the memory and of the disks. */
export function parseMachineState(bytes: Buffer): StrictJson<MachineState> {
  const parsed = parseStrict(bytes, machineStateShape);
  if (parsed.kind === 'malformed') return parsed;
  const components = parsed.value.snapshots;
  const memory = memoryBytesOf(components?.['memory-manager']?.snapshot_data?.state ?? '');
  if (typeof memory === 'object' && memory !== null) return memory;

  const disks = new Map<string, bigint>();
  for (const [id, device] of components?.['device-manager']?.snapshots ?? []) {
    const state = device.snapshot_data?.state ?? null;
    // Only a disk has sectors; its id is the hypervisor's (`_disk0`) or that of whoever plugged it in.
    if (!isDisk(id, state)) continue;
    const disk = parseInner(id, state, diskStateShape);
    if (disk.kind === 'malformed') return disk;
    disks.set(id, BigInt(disk.value.disk_nsectors) * SECTOR_BYTES);
  }
  return { kind: 'ok', value: { memoryBytes: memory, disks }, document: parsed.document };
}

function isDisk(id: string, state: JsonValue): boolean {
  return /^_disk[0-9]+$/.test(id) || (typeof state === 'string' && state.includes('"disk_nsectors"'));
}

function memoryBytesOf(state: string): bigint | null | MalformedJson {
  if (state === '') return null;
  const memory = parseInner('memory-manager', state, memoryStateShape);
  if (memory.kind === 'malformed') return memory;
  const ranges = memory.value.memory_ranges?.data ?? [];
  const negative = ranges.find((range) => range.length < 0);
  if (negative !== undefined) return inner('memory-manager', `a range has ${negative.length} bytes`, 1, 1);
  return ranges.reduce((sum, range) => sum + BigInt(range.length), 0n);
}

function parseInner<S extends ObjectShape>(id: string, state: JsonValue, shape: S): StrictJson<FieldsOf<S['fields']>> {
  if (typeof state !== 'string') return inner(id, 'it is not a string', 1, 1);
  const parsed = parseStrictText(state, shape);
  return parsed.kind === 'ok' ? parsed : inner(id, parsed.reason, parsed.line, parsed.column);
}

function inner(id: string, reason: string, line: number, column: number): MalformedJson {
  return { kind: 'malformed', reason: `in the state of ${id}: ${reason}`, line, column };
}
