/** bounded-child.ts CASE: reads an archive that is made while it is read, and says in a line of JSON what that took. */
import { constants, deflateRawSync } from 'node:zlib';
import { readArchive } from '../../lib/archive/read-archive.js';
import { END_MARK, entryBytes, headerBlock, mapText, paxBody, snapshotJson, sparseFile } from '../builders/archive.js';

const MIB = 2 ** 20;

/** As deflate without an end, so that any number of them may follow one another. */
const deflated = (bytes: Buffer) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH, level: 9 });

/** A gzip file of this tar and so many times a MiB of zeros; it never ends. */
async function* bomb(tar: Buffer, mebibytes: number): AsyncGenerator<Buffer> {
  yield Buffer.from('1f8b08000000000004ff', 'hex');
  yield deflated(tar);
  const zeros = deflated(Buffer.alloc(MIB));
  for (let count = 0; count < mebibytes; count++) yield zeros;
}

const first = entryBytes(snapshotJson);
const body = (name: string, mebibytes: number) => Buffer.concat([first, headerBlock({ name, size: mebibytes * MIB })]);

/** One-byte segments from the beginning, as many as PAX records hold. */
const crumbs = Array.from({ length: 55_000 }, (_, index) => [index * 2, 1] as const);
const records = paxBody([
  ['COCOON.sparse.map', mapText(crumbs)],
  ['COCOON.sparse.size', String(2 ** 37)],
]);
const crumbsBody = Buffer.concat([records, Buffer.alloc((512 - (records.length % 512)) % 512)]);
const content = Buffer.alloc(Math.ceil(crumbs.length / 512) * 512).fill('x', 0, crumbs.length);

function* crumbled(name: string): Generator<Buffer> {
  yield headerBlock({ name: `PaxHeaders.0/${name}`, type: 'x', size: records.length });
  yield crumbsBody;
  yield headerBlock({ name, size: crumbs.length });
  yield content;
}

const cases: Record<string, () => AsyncIterable<Buffer>> = {
  bomb: () => bomb(body('memory-ranges', 8000), 10_240),
  'bomb behind the end': () => bomb(Buffer.concat([first, END_MARK]), 10_240),
  'bomb in PAX records': () =>
    bomb(Buffer.concat([first, headerBlock({ name: 'PaxHeaders.0/x', type: 'x', size: 8000 * MIB })]), 10_240),
  'maps of crumbs': async function* () {
    yield first;
    for (let disk = 0; disk < 250; disk++) yield* crumbled(`data-${disk}.raw`);
    yield END_MARK;
  },
  'maps of crumbs that nothing is kept of': async function* () {
    yield first;
    for (let disk = 0; disk < 250; disk++) yield* crumbled(`memory-ranges-${disk}`);
    yield END_MARK;
  },
  'documents as large as may be': async function* () {
    yield first;
    const piece = Buffer.alloc(MIB, ' ');
    for (const name of ['cocoon.json', 'config.json', 'state.json']) {
      yield headerBlock({ name, size: 9 * MIB });
      for (let count = 0; count < 9; count++) yield piece;
    }
    yield END_MARK;
  },
  'a file of 64 TiB of holes': async function* () {
    yield first;
    yield entryBytes(sparseFile('cow.raw', 2 ** 46 - 26, []));
    yield END_MARK;
  },
  'a plain file of 8 GiB': async function* () {
    yield body('memory-ranges', 8191);
    const chunk = Buffer.alloc(MIB);
    for (let count = 0; count < 8191; count++) yield chunk;
    yield END_MARK;
  },
};

const archive = cases[process.argv[2] ?? '']?.();
if (archive === undefined) throw new Error('no such case');
const before = process.memoryUsage().rss;
let most = before;
const look = () => {
  most = Math.max(most, process.memoryUsage().rss);
};
const timer = setInterval(look, 5);
const read = await readArchive(archive);
clearInterval(timer);
look();
const told = read.kind === 'ok' ? { kind: read.kind, entries: read.entries.length } : read;
process.stdout.write(`${JSON.stringify({ ...told, grownMiB: Math.round((most - before) / MIB) })}\n`);
