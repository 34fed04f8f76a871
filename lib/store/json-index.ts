import { decodeGoJson, type GoJson } from './go-json.js';
import { foldKey } from './json-shape.js';

/** Rows by their ids, which are plain names, `__proto__` too. Ten thousand of them are not made into a `Map` to look up one. */
export interface IndexRows extends Iterable<readonly [id: string, value: unknown]> {
  get(id: string): unknown;
  keys(): readonly string[];
}

/** The tables of one JSON index by their key (`snapshots`, `names`, `images`, …). */
export type IndexTables = ReadonlyMap<string, IndexRows>;

export type DecodedIndex = { readonly kind: 'ok'; readonly tables: IndexTables } | Exclude<GoJson, { kind: 'ok' }>;

/** The tables that cocoon decodes; whatever else an index holds is not looked at. */
const TABLES = ['snapshots', 'names', 'tombstones', 'images', 'vms'] as const;

/**
 * Decodes an index as cocoon does: exactly one JSON object, each table an object or null. Records are not looked into: one
 * that is wrong stands in nobody else's way.
 */
export function decodeIndex(bytes: Buffer): DecodedIndex {
  const decoded = decodeGoJson(bytes);
  if (decoded.kind !== 'ok') return decoded;
  const top = rowsOf(decoded.value);
  if (top === null) return { kind: 'undecodable', reason: 'it is not a JSON object', offset: 0 };
  const tables = new Map<string, IndexRows>();
  for (const [key, value] of top) {
    const name = TABLES.find((table) => table === foldKey(key));
    if (name === undefined) continue;
    if (name !== key) return { kind: 'ambiguous', reason: `Go takes the key ${JSON.stringify(key)} for "${name}"` };
    if (value === null) continue;
    const rows = rowsOf(value);
    if (rows === null) return { kind: 'undecodable', reason: `"${name}" is not an object`, offset: null };
    tables.set(name, rows);
  }
  return { kind: 'ok', tables };
}

export const noRows: IndexRows = {
  get: () => undefined,
  keys: () => [],
  [Symbol.iterator]: () => [][Symbol.iterator](),
};

function rowsOf(value: unknown): IndexRows | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const object = value as Readonly<Record<string, unknown>>;
  return {
    get: (id) => (Object.hasOwn(object, id) ? object[id] : undefined),
    keys: () => Object.keys(object),
    *[Symbol.iterator]() {
      for (const id of Object.keys(object)) yield [id, object[id]] as const;
    },
  };
}
