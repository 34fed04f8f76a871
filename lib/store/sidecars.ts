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

/** Reads `cocoon.json` of a snapshot directory. */
export const readCocoonSidecar = (directory: string): Promise<Sidecar<CocoonSidecar>> =>
  readSidecar(join(directory, 'cocoon.json'), parserOf(cocoonSidecarShape));

/** Reads `config.json`, the virtual machine as Cloud Hypervisor will make it. */
export const readVmConfig = (directory: string): Promise<Sidecar<VmConfig>> =>
  readSidecar(join(directory, 'config.json'), parserOf(vmConfigShape));

/** Reads `state.json`: what it says of the memory and of the disks. */
export const readMachineState = (directory: string): Promise<Sidecar<MachineState>> =>
  readSidecar(join(directory, 'state.json'), parseMachineState);

type Parser<T> = (bytes: Buffer) => StrictJson<T>;

function parserOf<S extends ObjectShape>(shape: S): Parser<FieldsOf<S['fields']>> {
  return (bytes) => parseStrict(bytes, shape);
}

async function readSidecar<T>(path: string, parse: Parser<T>): Promise<Sidecar<T>> {
  const read = readWhole(path, DOCUMENT_LIMIT);
  if (read.kind === 'too-large')
    return { kind: 'malformed', reason: `it has ${read.bytes} bytes, more than ${read.limit}` };
  if (read.kind !== 'ok') return read;
  const parsed = parse(read.bytes);
  if (parsed.kind === 'ok') return parsed;
  return { kind: 'malformed', reason: `${parsed.reason} (line ${parsed.line}, column ${parsed.column})` };
}
