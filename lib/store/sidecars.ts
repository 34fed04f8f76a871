import { join } from 'node:path';
import type { NotRegular } from '../file/open-regular.js';
import { readWhole } from '../file/read-whole.js';
import { DOCUMENT_LIMIT } from './json-limits.js';
import type { FieldsOf, JsonValue, ObjectShape } from './json-shape.js';
import { type MachineState, parseMachineState } from './machine-state.js';
import { type CocoonSidecar, cocoonSidecarShape, type VmConfig, vmConfigShape } from './sidecar-shapes.js';
import { parseStrict, type StrictJson } from './strict-json.js';

/** A sidecar as it was found. Nothing in it is judged yet but that every reader reads it alike. */
export type Sidecar<T> =
  | {
      readonly kind: 'ok';
      readonly value: T;
      /** The whole document, with what the type does not name. */
      readonly document: JsonValue;
    }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-regular'; readonly what: NotRegular }
  | { readonly kind: 'unreadable'; readonly error: unknown };

type Parser<T> = (bytes: Buffer) => StrictJson<T>;

function parserOf<S extends ObjectShape>(shape: S): Parser<FieldsOf<S['fields']>> {
  return (bytes) => parseStrict(bytes, shape);
}

/** The bytes of a sidecar, decoded. */
export type Decode<T> = (bytes: Buffer) => Sidecar<T>;

/** A VM has a dozen at most; every disk is compared with every other. */
const MAX_DEVICES = 256;

function decodeBy<T>(parse: Parser<T>, lists: (value: T) => readonly (readonly unknown[])[] = () => []): Decode<T> {
  return (bytes) => {
    const parsed = parse(bytes);
    if (parsed.kind === 'ok') {
      const long = lists(parsed.value).find(({ length }) => length > MAX_DEVICES);
      if (long === undefined) return parsed;
      return { kind: 'malformed', reason: `it lists ${long.length} devices of one kind, more than ${MAX_DEVICES}` };
    }
    return { kind: 'malformed', reason: `${parsed.reason} (line ${parsed.line}, column ${parsed.column})` };
  };
}

export const decodeCocoonSidecar: Decode<CocoonSidecar> = decodeBy(
  parserOf(cocoonSidecarShape),
  ({ storage_configs: disks }) => [disks],
);
/** `config.json`, the virtual machine as Cloud Hypervisor will make it. */
export const decodeVmConfig: Decode<VmConfig> = decodeBy(parserOf(vmConfigShape), ({ disks, net }) => [disks, net]);
/** `state.json`: what it says of the memory and of the disks. */
export const decodeMachineState: Decode<MachineState> = decodeBy(parseMachineState);

/** Reads `cocoon.json` of a snapshot directory. */
export const readCocoonSidecar = (directory: string): Promise<Sidecar<CocoonSidecar>> =>
  readSidecar(join(directory, 'cocoon.json'), decodeCocoonSidecar);

export const readVmConfig = (directory: string): Promise<Sidecar<VmConfig>> =>
  readSidecar(join(directory, 'config.json'), decodeVmConfig);

export const readMachineState = (directory: string): Promise<Sidecar<MachineState>> =>
  readSidecar(join(directory, 'state.json'), decodeMachineState);

async function readSidecar<T>(path: string, decode: Decode<T>): Promise<Sidecar<T>> {
  const read = readWhole(path, DOCUMENT_LIMIT);
  if (read.kind === 'too-large') return tooLarge(read.bytes);
  return read.kind === 'ok' ? decode(read.bytes) : read;
}

/** A sidecar that nobody reads: a machine's registers take a fraction of it. */
export function tooLarge(bytes: bigint): Sidecar<never> {
  return { kind: 'malformed', reason: `it has ${bytes} bytes, more than ${DOCUMENT_LIMIT}` };
}
