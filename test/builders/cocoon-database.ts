/** Builds `meta/meta.db` as cocoon 0.6 does: write-ahead log, its identity, every table, a row a namespace. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

const NAMESPACES: Readonly<Record<string, readonly string[]>> = {
  vms_cloudhypervisor: ['records', 'names', 'orphan_dirs', 'tombstones'],
  vms_firecracker: ['records', 'names', 'orphan_dirs', 'tombstones'],
  snapshots: ['records', 'names', 'tombstones'],
  images_oci: ['records', 'tombstones'],
  images_cloudimg: ['records', 'tombstones'],
  networks: ['records', 'tombstones'],
  metering: ['entries'],
};

export interface DatabaseSpec {
  /** Table → id → what stands in `data`: a value, which is encoded, or a string of JSON behind `raw`. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** cocoon binds bytes; by hand one writes text. */
  readonly as?: 'bytes' | 'text';
  readonly applicationId?: number;
  readonly userVersion?: number;
  /** As `PRAGMA encoding` names it; cocoon's is UTF-8. */
  readonly encoding?: string;
  /** The state of a namespace; null leaves its row out. */
  readonly states?: Readonly<Record<string, string | null>>;
}

/** Stands for a row whose JSON is given as it is. */
export function raw(json: string): unknown {
  return new Raw(json);
}

class Raw {
  constructor(readonly json: string) {}
}

export function writeDatabase(path: string, spec: DatabaseSpec = {}): void {
  const {
    rows = {},
    as = 'bytes',
    applicationId = 0x434f434e,
    userVersion = 1,
    encoding = 'UTF-8',
    states = {},
  } = spec;
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA encoding = '${encoding}'; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE`);
  database.exec(`CREATE TABLE meta_state (namespace TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL,
    source TEXT, sha256 TEXT, records INTEGER, applied_at TEXT)`);
  for (const [namespace, tables] of Object.entries(NAMESPACES)) {
    for (const table of tables) {
      database.exec(`CREATE TABLE "${namespace}__${table}" (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL)`);
    }
    const state = states[namespace] === undefined ? 'initialized' : states[namespace];
    if (state !== null) {
      database.exec(`INSERT INTO meta_state (namespace, state, records, applied_at)
        VALUES ('${namespace}', '${state}', 0, '2026-11-24 20:43:00')`);
    }
  }
  for (const [table, entries] of Object.entries(rows)) {
    // Not prepared: a statement that nobody collected keeps the log beside a closed database.
    for (const [id, value] of Object.entries(entries)) {
      const data = hex(value instanceof Raw ? value.json : JSON.stringify(value));
      database.exec(`INSERT INTO "${table}" VALUES (${text(hex(id))}, ${as === 'bytes' ? data : text(data)})`);
    }
  }
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${userVersion}; COMMIT`);
  database.close();
}

/** Bytes, and a text, for SQL. */
export const hex = (value: string): string => `x'${Buffer.from(value).toString('hex')}'`;
export const text = (literal: string): string => `CAST(${literal} AS TEXT)`;
