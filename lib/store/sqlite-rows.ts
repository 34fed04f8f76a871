import type { Row, RowReader, TableName } from './metadata-tables.js';
import { type Connection, sqlText } from './sqlite-connection.js';

const tableOf: Readonly<Record<TableName, string>> = {
  snapshots: 'snapshots__records',
  names: 'snapshots__names',
  tombstones: 'snapshots__tombstones',
  'cloud-images': 'images_cloudimg__records',
  'oci-images': 'images_oci__records',
};

/** Sorts after every character of an id, so `[prefix, prefix + LAST)` is what starts with the prefix. */
const LAST = '\u{10ffff}';

/** Rows through the open transaction of a connection: a look-up reads rows, not tables. */
export function rowsOfConnection(connection: Connection): RowReader {
  return {
    get(table, id) {
      const found = connection.select(['data'], `FROM ${tableOf[table]} WHERE id = ${sqlText(id)}`)[0];
      return found === undefined ? null : rowOf(found[0]);
    },
    idsWithPrefix(table, prefix, limit) {
      const range = `id >= ${sqlText(prefix)} AND id < ${sqlText(prefix + LAST)}`;
      const found = connection.select(['id'], `FROM ${tableOf[table]} WHERE ${range} LIMIT ${limit}`);
      return found.map(([id]) => String(id));
    },
    *all(table) {
      for (const [id, data] of connection.select(['id', 'data'], `FROM ${tableOf[table]}`)) {
        const row = rowOf(data);
        if (row !== null) yield [String(id), row];
      }
    },
  };
}

/** cocoon binds bytes to a column that says TEXT, so both occur. */
function rowOf(data: unknown): Row | null {
  let text: string;
  if (typeof data === 'string') text = data;
  else if (data instanceof Uint8Array)
    text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
  else return { kind: 'undecodable', reason: 'it is neither text nor bytes' };
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? null : { kind: 'ok', value };
  } catch (error) {
    return { kind: 'undecodable', reason: error instanceof Error ? error.message : String(error) };
  }
}
