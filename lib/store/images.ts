import type { RowReader, TableName } from './metadata-tables.js';

/** A row of an image table that nobody validated yet. */
export interface ImageRow {
  readonly table: 'cloud-images' | 'oci-images';
  readonly ref: string;
}

export const IMAGE_TABLES = ['cloud-images', 'oci-images'] as const satisfies readonly TableName[];

/** cocoon's shortest digest prefix, in characters. */
const SHORTEST_DIGEST_PREFIX = 12;

/** Rows whose image keeps the blob of this digest. */
export function rowsWithBlob(rows: RowReader, hex: string): readonly ImageRow[] {
  const found: ImageRow[] = [];
  for (const table of IMAGE_TABLES) {
    for (const [ref, row] of rows.holding(table, hex)) {
      if (row.kind === 'ok' && blobsOf(table, row.value).some((digest) => hexOf(digest) === hex)) {
        found.push({ table, ref });
      }
    }
  }
  return found.sort(byRef);
}

/**
 * Looks a reference up as cocoon does: the exact reference, else the entries of this digest ("sha256:<hex>", "<hex>", or
 * 12 characters and more of it), which must all name one digest.
 */
export function rowsOfReference(rows: RowReader, ref: string): readonly ImageRow[] {
  const found: ImageRow[] = [];
  for (const table of IMAGE_TABLES) {
    if (rows.get(table, ref) !== null) {
      found.push({ table, ref });
      continue;
    }
    const first = oneOfDigest(rows, table, ref);
    if (first !== null) found.push({ table, ref: first });
  }
  return found;
}

function oneOfDigest(rows: RowReader, table: ImageRow['table'], id: string): string | null {
  const wanted = hexOf(id);
  const refs: string[] = [];
  const digests = new Set<string>();
  for (const [ref, row] of rows.holding(table, wanted)) {
    const digest = row.kind === 'ok' ? stringField(row.value, idField[table]) : null;
    if (digest === null) continue;
    const hex = hexOf(digest);
    if (digest === id || hex === id || (wanted.length >= SHORTEST_DIGEST_PREFIX && hex.startsWith(wanted))) {
      refs.push(ref);
      digests.add(digest);
    }
  }
  // Among several names of one image cocoon takes whichever its map yields first; we take the first in order.
  return digests.size === 1 ? (refs.sort()[0] ?? null) : null;
}

const idField = { 'cloud-images': 'content_sum', 'oci-images': 'manifest_digest' } as const;

function blobsOf(table: ImageRow['table'], value: unknown): readonly string[] {
  if (table === 'cloud-images') return [stringField(value, 'content_sum') ?? ''];
  const layers = typeof value === 'object' && value !== null && 'layers' in value ? value.layers : null;
  return Array.isArray(layers) ? layers.map((layer: unknown) => stringField(layer, 'digest') ?? '') : [];
}

const hexOf = (digest: string): string => (digest.startsWith('sha256:') ? digest.slice('sha256:'.length) : digest);

function stringField(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const found = (value as Readonly<Record<string, unknown>>)[key];
  return typeof found === 'string' ? found : null;
}

const byRef = (a: ImageRow, b: ImageRow): number => (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0);
