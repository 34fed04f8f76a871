import * as v from 'valibot';

/** The document of `blobcheck inspect`: what stands in a qcow2 image, unjudged. 64-bit numbers beyond 2^53 are decimal text. */

const uint64 = v.union([v.pipe(v.number(), v.integer(), v.minValue(0)), v.string()]);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const textOrNull = v.nullable(v.string());
const names = v.array(v.string());
const format = v.picklist(['qcow2', 'truncated', 'not-qcow2']);

const headerSchema = v.strictObject({
  version: count,
  compat: v.nullable(v.picklist(['0.10', '1.1'])),
  virtualSize: uint64,
  clusterSize: v.nullable(count),
  clusterBits: count,
  features: v.strictObject({ incompatible: names, compatible: names, autoclear: names }),
  dirty: v.boolean(),
  corrupt: v.boolean(),
  lazyRefcounts: v.boolean(),
  extendedL2: v.boolean(),
  refcountBits: uint64,
  compressionType: v.string(),
  encryption: textOrNull,
  backing: v.nullable(
    v.strictObject({ name: textOrNull, nameHex: textOrNull, offset: uint64, size: count, format: textOrNull }),
  ),
  dataFile: textOrNull,
  dataFileRaw: v.boolean(),
  bitmaps: v.nullable(count),
  snapshots: v.strictObject({
    count,
    list: v.array(v.strictObject({ id: v.string(), name: v.string() })),
    problem: textOrNull,
  }),
  l1: v.strictObject({ entries: count, offset: uint64 }),
  refcountTable: v.strictObject({ clusters: count, offset: uint64 }),
  headerLength: count,
  extensions: v.array(
    v.strictObject({ type: v.string(), name: v.string(), offset: count, length: count, text: textOrNull }),
  ),
  extensionsProblem: textOrNull,
});

const tablesSchema = v.strictObject({
  problems: v.array(v.strictObject({ kind: v.string(), message: v.string(), offset: count })),
  problemCount: count,
  notWalked: textOrNull,
  tooLarge: textOrNull,
  dirty: v.boolean(),
  rebuildsRefcounts: v.boolean(),
  freeDataClusters: count,
  firstFreeData: v.nullable(count),
  l2Tables: count,
  dataClusters: count,
  zeroClusters: count,
  compressedClusters: count,
  lastUsedByte: count,
  unreferencedBytes: count,
  tailScanned: v.boolean(),
});

export const inspectSchema = v.strictObject({
  schema: v.literal('blobcheck/inspect/v1'),
  path: v.string(),
  /** Why nothing could be read; the rest is null then. */
  error: textOrNull,
  resolved: textOrNull,
  size: v.nullable(count),
  format: v.nullable(format),
  header: v.nullable(headerSchema),
  tables: v.nullable(tablesSchema),
  chain: v.nullable(
    v.strictObject({
      links: v.array(
        v.strictObject({ path: v.string(), named: textOrNull, namedFormat: textOrNull, size: count, format }),
      ),
      end: v.strictObject({ reason: v.string(), detail: v.string() }),
    }),
  ),
});
