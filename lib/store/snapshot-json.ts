import { type SnapshotRecord, snapshotRecord } from './records.js';
import { parseStrict, type StrictJson } from './strict-json.js';

/** What `snapshot export` writes in front of a snapshot's files (types.SnapshotExport, types.Config of cocoon). */
const snapshotJsonShape = {
  fields: {
    version: 'integer',
    files: 'any',
    config: {
      fields: {
        id: 'string',
        name: 'string',
        description: 'string',
        cpu: 'integer',
        memory: 'integer',
        storage: 'integer',
        nics: 'integer',
        queue_size: 'integer',
        disk_queue_size: 'integer',
        image: 'string',
        image_digest: 'string',
        image_type: 'string',
        image_blob_ids: { values: 'any' },
        network: 'string',
        no_direct_io: 'boolean',
        windows: 'boolean',
        hypervisor: 'string',
      },
    },
  },
} as const;

/** The only version of it so far. */
const VERSION = 1;

export type SnapshotJson =
  | { readonly kind: 'ok'; readonly record: SnapshotRecord }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly reason: string };

/**
 * The record of a snapshot outside the store, from its `snapshot.json`: whose author may be anybody, like that of every
 * other sidecar. `dataDir` is where its files are.
 */
export function parseSnapshotJson(bytes: Buffer, dataDir: string): SnapshotJson {
  const parsed: StrictJson<{ readonly version: number; readonly config: { readonly id: string } | null }> = parseStrict(
    bytes,
    snapshotJsonShape,
  );
  if (parsed.kind === 'malformed') {
    return { kind: 'malformed', reason: `${parsed.reason} (line ${parsed.line}, column ${parsed.column})` };
  }
  const { version, config } = parsed.value;
  if (version !== VERSION) return { kind: 'unsupported', reason: `version ${version} of snapshot.json is not known` };
  if (config === null) return { kind: 'malformed', reason: 'it has no config' };
  const negative = Object.entries(config).find(([, value]) => typeof value === 'number' && value < 0);
  if (negative !== undefined) return { kind: 'malformed', reason: `config.${negative[0]} is ${negative[1]}` };
  const { image_blob_ids: pinned, ...fields } = config as Readonly<Record<string, unknown>>;
  const blobs = Object.fromEntries([...(pinned as ReadonlyMap<string, unknown>).keys()].map((key) => [key, {}]));
  const place = { path: dataDir, what: 'snapshot', id: config.id };
  return { kind: 'ok', record: { ...snapshotRecord({ ...fields, image_blob_ids: blobs }, place), dataDir } };
}
