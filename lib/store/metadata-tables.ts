/** The tables of cocoon's metadata that we read, whatever engine keeps them. */
export type TableName =
  | 'snapshots'
  | 'names'
  | 'tombstones'
  | 'cloud-images'
  | 'oci-images'
  | 'cloud-hypervisor-vms'
  | 'cloud-hypervisor-names'
  | 'firecracker-vms'
  | 'firecracker-names';

/** A row as it is kept: its JSON value, or why it cannot be decoded. Nothing is validated yet. */
export type Row =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'undecodable'; readonly reason: string };

/** Reads rows that all belong to one generation. */
export interface RowReader {
  /** The row, or null when there is none (and where JSON `null` stands, as Go's maps of pointers have it). */
  get(table: TableName, id: string): Row | null;
  /** Ids of the table that start with the prefix, at most `limit`, a null row among them. */
  idsWithPrefix(table: TableName, prefix: string, limit: number): readonly string[];
  /** Every row that is not null and holds this text in its JSON, and perhaps others: for look-ups in large tables. */
  holding(table: TableName, text: string): Iterable<readonly [id: string, row: Row]>;
  /** Every row that is not null. */
  all(table: TableName): Iterable<readonly [id: string, row: Row]>;
}

/** A previous generation was read in place of an index that cannot be decoded, as cocoon does. */
export interface Recovery {
  /** The index that cannot be decoded. */
  readonly path: string;
  readonly reason: string;
}

/** One of cocoon's two engines, open for reading. */
export interface MetadataTables {
  readonly engine: 'json' | 'sqlite';
  /** What has been recovered so far; grows as namespaces are read. */
  readonly recovered: readonly Recovery[];
  /**
   * Runs `use` over one generation of the tables that it names. It may run again, over a newer generation, when the
   * database changed meanwhile: it must not keep anything from a run that did not return.
   */
  read<T>(tables: readonly TableName[], use: (rows: RowReader) => T): Promise<T>;
  /** The file that a table is kept in. */
  pathOf(table: TableName): string;
  /** Whether the files are still those, untouched, of which everything was read. */
  areAsRead(): boolean;
  close(): Promise<void>;
}
