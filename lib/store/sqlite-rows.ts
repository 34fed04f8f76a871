import { BlobcheckError } from '../errors.js';
import { decodeGoJson } from './go-json.js';
import type { Row, RowReader, TableName } from './metadata-tables.js';
import { recordRow } from './record-row.js';
import { type Connection, sqlBytes, sqlText } from './sqlite-connection.js';

const tableOf: Readonly<Record<TableName, string>> = {
  snapshots: 'snapshots__records',
  names: 'snapshots__names',
  tombstones: 'snapshots__tombstones',
  'cloud-images': 'images_cloudimg__records',
  'oci-images': 'images_oci__records',
  'cloud-hypervisor-vms': 'vms_cloudhypervisor__records',
  'cloud-hypervisor-names': 'vms_cloudhypervisor__names',
  'firecracker-vms': 'vms_firecracker__records',
  'firecracker-names': 'vms_firecracker__names',
};

/** Bytes of the rows that one look-up may take: as many as an index of the JSON engine. 10,000 snapshots have 10 MiB. */
const ROWS_LIMIT = 256 * 1024 * 1024;

/** A text by its bytes: what comes as a text ends at its first NUL, where cocoon reads on. */
const whole = (column: string): string => `CAST(${column} AS BLOB)`;
const DATA = ['typeof(data)', whole('data')];

/** Rows through the open transaction of a connection: a look-up reads rows, not tables. */
export function rowsOfConnection(connection: Connection, path: string): RowReader {
  function data(columns: readonly string[], rest: string) {
    // How long a value is stands in its row's header: nothing of it is read for that.
    const bytes = connection.select(['total(octet_length(data))'], rest)[0]?.[0];
    if (typeof bytes === 'number' && bytes <= ROWS_LIMIT) return connection.select(columns, rest);
    throw new BlobcheckError('metadata-unreadable', `rows of ${bytes} bytes are more than ${ROWS_LIMIT}`, { path });
  }

  const isUtf8 = connection.encoding === 'utf-8';

  function textOf(blob: unknown): string {
    const bytes = bytesOf(blob);
    return isUtf8 ? bytes.toString('utf8') : new TextDecoder(connection.encoding, { ignoreBOM: true }).decode(bytes);
  }

  function* rows(rest: string): Generator<readonly [id: string, row: Row]> {
    for (const [id, type, bytes] of data([whole('id'), ...DATA], rest)) {
      const row = rowOf(type, bytes);
      if (row !== null) yield [textOf(id), row];
    }
  }

  /** cocoon binds bytes to a column that says TEXT, so both occur. */
  function rowOf(type: unknown, bytes: unknown): Row | null {
    if (type !== 'text' && type !== 'blob') return { kind: 'undecodable', reason: 'it is neither text nor bytes' };
    const decoded = decodeGoJson(isUtf8 || type === 'blob' ? bytesOf(bytes) : Buffer.from(textOf(bytes)));
    if (decoded.kind !== 'ok') return { kind: 'undecodable', reason: decoded.reason };
    return decoded.value === null ? null : recordRow(decoded.value);
  }

  return {
    get(table, id) {
      const found = data(DATA, `FROM ${tableOf[table]} WHERE id = ${sqlText(id)}`)[0];
      return found === undefined ? null : rowOf(found[0], found[1]);
    },
    idsWithPrefix(table, prefix, limit) {
      // Not up to the last that could begin so: which that is hangs on the encoding.
      const starts = `id >= ${sqlText(prefix)} AND instr(id, ${sqlText(prefix)}) = 1`;
      const found = connection.select([whole('id')], `FROM ${tableOf[table]} WHERE ${starts} LIMIT ${limit}`);
      return found.map(([id]) => textOf(id));
    },
    holding: (table, text) => {
      // JSON may spell any character by its number.
      const holds = [text, '\\u'].map(
        (part) => `iif(typeof(data) = 'blob', instr(data, ${sqlBytes(part)}), instr(data, ${sqlText(part)})) > 0`,
      );
      return rows(`FROM ${tableOf[table]} WHERE ${holds.join(' OR ')}`);
    },
    all: (table) => rows(`FROM ${tableOf[table]}`),
  };
}

/** Of NULL there are none. */
function bytesOf(blob: unknown): Buffer {
  if (!(blob instanceof Uint8Array)) return Buffer.alloc(0);
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
}
