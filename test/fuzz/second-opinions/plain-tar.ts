/** What a naive reader finds in a tar of cocoon's; it checks nothing but that a map stays in its file and in order. */
export interface PlainFile {
  readonly name: string;
  readonly size: bigint;
  /** Unpacked; null where it is larger than anybody would unpack here. */
  readonly content: Buffer | null;
}

const BLOCK = 512;
const LARGEST = 1n << 20n;

export function plainFiles(tar: Buffer): PlainFile[] {
  const files: PlainFile[] = [];
  let records = new Map<string, string>();
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + BLOCK);
    const stored = Number.parseInt(header.toString('latin1', 124, 135), 8);
    const body = tar.subarray(at + BLOCK, at + BLOCK + stored);
    at += BLOCK + Math.ceil(stored / BLOCK) * BLOCK;
    if (header.toString('latin1', 156, 157) === 'x') {
      records = recordsOf(body.toString('utf8'));
      continue;
    }
    const name = records.get('path') ?? header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    const map = records.get('COCOON.sparse.map');
    const size = map === undefined ? BigInt(stored) : BigInt(records.get('COCOON.sparse.size') ?? '0');
    const content = map === undefined ? Buffer.from(body) : size > LARGEST ? null : unpacked(body, map, Number(size));
    files.push({ name, size, content });
    records = new Map();
  }
  return files;
}

function recordsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^[0-9]+ ([^=]+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
}

function unpacked(body: Buffer, map: string, size: number): Buffer {
  const content = Buffer.alloc(size);
  let from = 0;
  let end = 0;
  for (const { o, l } of (JSON.parse(map) ?? []) as { o: number; l: number }[]) {
    if (o < end || o + l > size) throw new Error(`a segment of ${l} bytes at ${o} does not fit`);
    body.copy(content, o, from, from + l);
    from += l;
    end = o + l;
  }
  return content;
}
