/** The tables of one JSON index by their key (`snapshots`, `names`, `images`, …). Ids are plain names, `__proto__` too. */
export type IndexTables = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

export type DecodedIndex =
  | { readonly kind: 'ok'; readonly tables: IndexTables }
  /** `offset` is that of the byte where decoding stopped, where the parser says it. */
  | { readonly kind: 'undecodable'; readonly reason: string; readonly offset: number | null };

/** The tables that cocoon decodes; whatever else an index holds is not looked at. */
const TABLES = ['snapshots', 'names', 'tombstones', 'images', 'vms'] as const;

/**
 * Decodes an index as cocoon does: exactly one JSON object, each table an object or null. Invalid UTF-8 is replaced,
 * as Go does it. Records are not looked into: one that is wrong stands in nobody else's way.
 */
export function decodeIndex(bytes: Buffer): DecodedIndex {
  const text = bytes.toString('utf8');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(reason)?.[1];
    const offset = position === undefined ? null : Buffer.byteLength(text.slice(0, Number(position)));
    return { kind: 'undecodable', reason: bytes.length === 0 ? 'it is empty' : firstLine(reason), offset };
  }
  const top = entriesOf(document);
  if (top === null) return { kind: 'undecodable', reason: 'it is not a JSON object', offset: 0 };
  const tables = new Map<string, ReadonlyMap<string, unknown>>();
  for (const name of TABLES) {
    const value = top.get(name);
    if (value === undefined || value === null) continue;
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

/** V8 quotes the text around the mistake, newlines and all. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 200);
}
