import { gzipSync } from 'node:zlib';

/** A file of an archive, or whatever else is to stand there in its place. */
export interface ArchiveFile {
  readonly name: string;
  /** What stands in the archive: of a sparse file its segments, one behind the other. */
  readonly content?: Buffer | string;
  /** Writes cocoon's records of a file with holes. */
  readonly sparse?: { readonly size: number | bigint | string; readonly segments: readonly Segment[] | string };
  /** Type flag; default `0`. */
  readonly type?: string;
  readonly mode?: number;
  /** What the header says; default the length of `content`. */
  readonly size?: number;
  /** Further PAX records, which stand before cocoon's. */
  readonly records?: readonly (readonly [string, string])[];
  /** The body of the extended header, instead of all records. */
  readonly rawRecords?: Buffer;
  /** Changes the header; its sum is computed afterwards. */
  readonly header?: (block: Buffer) => void;
  /** Changes the header of the records likewise. */
  readonly recordsHeader?: (block: Buffer) => void;
  /** Changes the header when its sum stands there. */
  readonly afterSum?: (block: Buffer) => void;
  /** What fills the last block of the content. */
  readonly padding?: number;
}

/** Offset and length. */
export type Segment = readonly [number | bigint, number | bigint];

export interface ArchiveSpec {
  /** What stands before the files; default a small `snapshot.json`. */
  readonly first?: readonly ArchiveFile[];
  readonly files?: readonly ArchiveFile[];
  /** Default two blocks of zeros. */
  readonly end?: Buffer;
}

export const END_MARK = Buffer.alloc(1024);
export const snapshotJson: ArchiveFile = { name: 'snapshot.json', content: '{"version":1,"config":{}}\n' };

/** A tar as cocoon writes it, but for what a file's specification changes. */
export function buildTar({ first = [snapshotJson], files = [], end = END_MARK }: ArchiveSpec = {}): Buffer {
  return Buffer.concat([...[...first, ...files].map(entryBytes), end]);
}

/** The same, compressed by cocoon's level. */
export function buildGzip(spec: ArchiveSpec = {}): Buffer {
  return gzipSync(buildTar(spec), { level: 1 });
}

/** A file of which so much is data: bytes at offsets, all else holes. */
export function sparseFile(
  name: string,
  size: number,
  data: readonly (readonly [number, Buffer])[],
): ArchiveFile & { readonly content: Buffer } {
  const segments = data.map(([offset, bytes]) => [offset, bytes.length] as const);
  return { name, content: Buffer.concat(data.map(([, bytes]) => bytes)), sparse: { size, segments } };
}

export function entryBytes(file: ArchiveFile): Buffer {
  const content = Buffer.from(file.content ?? '');
  const body = padded(content, file.padding);
  const block = headerBlock({ ...file, size: file.size ?? content.length });
  const records = file.rawRecords ?? paxBody([...(file.records ?? []), ...sparseRecords(file.sparse)]);
  const parts = [block, body];
  if (records.length > 0 || file.rawRecords !== undefined) {
    const name = `PaxHeaders.0/${file.name}`.replace(/\P{ASCII}/gu, '').slice(0, 100);
    const header = file.recordsHeader === undefined ? {} : { header: file.recordsHeader };
    const about = headerBlock({ name, type: 'x', mode: 0, size: records.length, ...header });
    parts.unshift(about, padded(records));
  }
  return Buffer.concat(parts);
}

function sparseRecords(sparse: ArchiveFile['sparse']): readonly (readonly [string, string])[] {
  if (sparse === undefined) return [];
  return [
    ['COCOON.sparse.map', typeof sparse.segments === 'string' ? sparse.segments : mapText(sparse.segments)],
    ['COCOON.sparse.size', String(sparse.size)],
  ];
}

export function mapText(segments: readonly Segment[]): string {
  return segments.length === 0 ? 'null' : `[${segments.map(([o, l]) => `{"o":${o},"l":${l}}`).join(',')}]`;
}

export function paxBody(records: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
}

export function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A header as Go's archive/tar writes it. */
export function headerBlock(
  file: Pick<ArchiveFile, 'name' | 'type' | 'mode' | 'header' | 'afterSum'> & { readonly size: number },
): Buffer {
  const block = Buffer.alloc(512);
  const type = file.type ?? '0';
  const isMeta = type === 'x' || type === 'g';
  block.write(file.name.replace(/\P{ASCII}/gu, '').slice(0, 100), 0, 'latin1');
  for (const [at, bytes, value] of [
    [100, 8, file.mode ?? 0o644],
    [108, 8, 0],
    [116, 8, 0],
    [124, 12, file.size > 0o77777777777 ? 0 : file.size],
    [136, 12, isMeta ? 0 : 1_795_553_042],
    ...(isMeta
      ? []
      : ([
          [329, 8, 0],
          [337, 8, 0],
        ] as const)),
  ] as const) {
    block.write(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, 'latin1');
  }
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  file.header?.(block);
  writeSum(block);
  file.afterSum?.(block);
  return block;
}

/** Six octal digits, NUL, space; the field counts as spaces. */
export function writeSum(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function padded(bytes: Buffer, filler = 0): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512, filler)]);
}
