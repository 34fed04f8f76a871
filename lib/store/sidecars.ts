import { join } from 'node:path';
import type { NotRegular } from '../file/open-regular.js';
import { DOCUMENT_LIMIT } from './json-limits.js';
import type { FieldsOf, JsonValue, ObjectShape } from './json-shape.js';
import { type MachineState, parseMachineState } from './machine-state.js';
import { readFileBytes } from './read-file.js';
import {
  type CocoonSidecar,
  cocoonSidecarShape,
  envelopeShape,
  type VmConfig,
  vmConfigShape,
} from './sidecar-shapes.js';
import { parseStrict, type StrictJson } from './strict-json.js';

/** A sidecar as it was found. Nothing in it is judged yet but that every reader reads it alike. */
export type Sidecar<T> =
  | {
      readonly kind: 'ok';
      readonly value: T;
      /** The whole document, with what the type does not name. */
      readonly document: JsonValue;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-regular'; readonly what: NotRegular }
  | { readonly kind: 'unreadable'; readonly error: unknown };

/** `snapshot.json`: the record's fields as Go decodes them. */
export type SnapshotEnvelope = FieldsOf<(typeof envelopeShape)['fields']>;

export const COCOON_SIDECAR = 'cocoon.json';
export const VM_CONFIG = 'config.json';
export const MACHINE_STATE = 'state.json';
export const SNAPSHOT_ENVELOPE = 'snapshot.json';

/** Reads `cocoon.json` of a snapshot directory. */
export const readCocoonSidecar = (directory: string): Promise<Sidecar<CocoonSidecar>> =>
  readSidecar(join(directory, COCOON_SIDECAR), parserOf(cocoonSidecarShape));

/** Reads `config.json`, the virtual machine as Cloud Hypervisor will make it. */
export const readVmConfig = (directory: string): Promise<Sidecar<VmConfig>> =>
  readSidecar(join(directory, VM_CONFIG), parserOf(vmConfigShape));

/** Reads `state.json`: what it says of the memory and of the disks. */
export const readMachineState = (directory: string): Promise<Sidecar<MachineState>> =>
  readSidecar(join(directory, MACHINE_STATE), parseMachineState);

/** Reads `snapshot.json`, which an export to a directory has. */
export const readSnapshotEnvelope = (directory: string): Promise<Sidecar<SnapshotEnvelope>> =>
  readSidecar(join(directory, SNAPSHOT_ENVELOPE), parserOf(envelopeShape));

/** The same of bytes that come from elsewhere, for instance from an archive. */
export const parseCocoonSidecar = parserOf(cocoonSidecarShape);
export const parseVmConfig = parserOf(vmConfigShape);
export const parseSnapshotEnvelope = parserOf(envelopeShape);
export { parseMachineState };

type Parser<T> = (bytes: Buffer) => StrictJson<T>;

function parserOf<S extends ObjectShape>(shape: S): Parser<FieldsOf<S['fields']>> {
  return (bytes) => parseStrict(bytes, shape);
}

async function readSidecar<T>(path: string, parse: Parser<T>): Promise<Sidecar<T>> {
  const read = await readFileBytes(path, DOCUMENT_LIMIT);
  if (read.kind === 'too-large')
    return { kind: 'malformed', reason: `it has ${read.bytes} bytes, more than ${read.limit}` };
  if (read.kind !== 'ok') return read;
  const parsed = parse(read.bytes);
  if (parsed.kind === 'ok') return { ...parsed, bytes: read.bytes };
  return { kind: 'malformed', reason: `${parsed.reason} (line ${parsed.line}, column ${parsed.column})` };
}
