import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryBytes } from '../../test/builders/archive.js';
import { buildRoot } from '../../test/builders/cocoon-root.js';
import { baseBytes, imageUrl, snapshotOn } from '../../test/builders/small-node.js';
import type { BenchCase, CaseReport, Contestant } from '../case.js';
import { compare } from '../compare.js';
import { appendRandom, inTemporary, warm } from '../data.js';
import { ledTo, remember, SNAPSHOT, whyNoReceipts } from '../node.js';
import { run, whyAbsent } from '../program.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

const LIST = 'tar -t';
const VERIFY = 'blobcheck verify --archive -';

export const benchmark: BenchCase = {
  summary: 'an export from a pipe, judged before it is imported, beside tar -t',
  run: ({ size, rounds }) => inTemporary(size, (directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const { path, options } = await exported(directory, size);
  const piped = (name: string, words: readonly string[], absent: string | null): Contestant => ({
    name,
    absent,
    measure: async () => (await run(['sh', '-c', 'cat "$0" | exec "$@"', path, ...words])).seconds * 1000,
  });
  const table = await compare(
    {
      title: `An export of ${sizeText(size)} of guest memory without holes, in the page cache, through a pipe`,
      unit: 'ms',
      relativeTo: LIST,
      before: () => warm(path),
      contestants: [
        piped(LIST, ['tar', '-t'], whyAbsent('tar')),
        piped(VERIFY, [program, 'verify', '--archive', '-', ...options], whyNoReceipts()),
      ],
      targets: [ratioTarget(VERIFY, '<=', 1.15, LIST)],
    },
    { rounds },
  );
  return {
    title: 'An export, before it is imported',
    tables: [table],
    charts: [],
    notes: ['Whole processes, from start to exit. The base of the snapshot has a receipt, so nothing of it is read.'],
  };
}

/** What `snapshot export` would write of a snapshot with so much guest memory, and the options that lead to its node. */
async function exported(place: string, memory: number): Promise<{ path: string; options: readonly string[] }> {
  const directory = join(place, 'cocoon');
  const bytes = baseBytes('base');
  const base = sha256(bytes);
  const root = buildRoot({
    directory,
    images: [{ ref: imageUrl, bytes }],
    snapshots: [snapshotOn(SNAPSHOT, base, join(directory, 'cloudimg/blobs', `${base}.qcow2`), { memory })],
  });
  const node = ledTo(directory, join(place, 'state'));
  if (whyNoReceipts() === null) await remember(node);
  const files = root.files(SNAPSHOT);
  const { snapshots } = JSON.parse(readFileSync(join(directory, 'snapshot/db/snapshots.json'), 'utf8'));
  const [record] = Object.values(snapshots) as [Record<string, unknown>];
  const { data_dir: _, created_at: __, ...config } = record;
  const path = join(place, 'export.tar');
  writeFileSync(path, entryBytes({ name: 'snapshot.json', content: JSON.stringify({ config, version: 1 }) }));
  for (const name of readdirSync(files).filter((file) => file !== 'memory-ranges')) {
    appendFileSync(path, entryBytes({ name, content: readFileSync(join(files, name)) }));
  }
  appendFileSync(path, entryBytes({ name: 'memory-ranges', size: memory }));
  appendRandom(path, memory);
  appendFileSync(path, Buffer.alloc(BLOCK_BYTES * 2));
  return { path, options: node.options };
}

const BLOCK_BYTES = 512;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
