import { decodeGoJson, type GoJson } from './go-json.js';
import { foldKey } from './json-shape.js';

/** The tables of one JSON index by their key (`snapshots`, `names`, `images`, …). Ids are plain names, `__proto__` too. */
export type IndexTables = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

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
  const top = entriesOf(decoded.value);
  if (top === null) return { kind: 'undecodable', reason: 'it is not a JSON object', offset: 0 };
  const tables = new Map<string, ReadonlyMap<string, unknown>>();
  for (const [key, value] of top) {
    const name = TABLES.find((table) => table === foldKey(key));
    if (name === undefined) continue;
    if (name !== key) return { kind: 'ambiguous', reason: `Go takes the key ${JSON.stringify(key)} for "${name}"` };
    if (value === null) continue;
    const rows = entriesOf(value);
    if (rows === null) return { kind: 'undecodable', reason: `"${name}" is not an object`, offset: null };
    tables.set(name, rows);
  }
  return { kind: 'ok', tables };
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}
