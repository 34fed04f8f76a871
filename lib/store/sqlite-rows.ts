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

/** Rows through the open transaction of a connection: a look-up reads rows, not tables. */
export function rowsOfConnection(connection: Connection, path: string): RowReader {
  function data(columns: readonly string[], rest: string) {
    // How long a value is stands in its row's header: nothing of it is read for that.
    const bytes = connection.select(['total(octet_length(data))'], rest)[0]?.[0];
    if (typeof bytes === 'number' && bytes <= ROWS_LIMIT) return connection.select(columns, rest);
    throw new BlobcheckError('metadata-unreadable', `rows of ${bytes} bytes are more than ${ROWS_LIMIT}`, { path });
  }

  function* rows(rest: string): Generator<readonly [id: string, row: Row]> {
    for (const [id, bytes] of data(['id', 'data'], rest)) {
      const row = rowOf(bytes);
      if (row !== null) yield [String(id), row];
    }
  }

  return {
    get(table, id) {
      const found = data(['data'], `FROM ${tableOf[table]} WHERE id = ${sqlText(id)}`)[0];
      return found === undefined ? null : rowOf(found[0]);
    },
    idsWithPrefix(table, prefix, limit) {
      // Not up to the last that could begin so: which that is hangs on the encoding.
      const starts = `id >= ${sqlText(prefix)} AND instr(id, ${sqlText(prefix)}) = 1`;
      const found = connection.select(['id'], `FROM ${tableOf[table]} WHERE ${starts} LIMIT ${limit}`);
      return found.map(([id]) => String(id));
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

/** cocoon binds bytes to a column that says TEXT, so both occur. */
function rowOf(data: unknown): Row | null {
  const bytes = bytesOf(data);
  if (bytes === null) return { kind: 'undecodable', reason: 'it is neither text nor bytes' };
  const decoded = decodeGoJson(bytes);
  if (decoded.kind !== 'ok') return { kind: 'undecodable', reason: decoded.reason };
  return decoded.value === null ? null : recordRow(decoded.value);
}

function bytesOf(data: unknown): Buffer | null {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : null;
}
