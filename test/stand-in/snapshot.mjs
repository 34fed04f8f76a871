/** `snapshot list`, `snapshot inspect`, `snapshot rm`. */
import { rmSync } from 'node:fs';
import { Failure, within } from './failure.mjs';
import { marshalIndented } from './json.mjs';
import { layoutOf, makeSnapshotDirectories } from './layout.mjs';
import { findSnapshot, NO_SNAPSHOT, publicSnapshot, resolve, snapshotIndex } from './named-index.mjs';
import { humanSize } from './sizes.mjs';
import { dateTime, table } from './table.mjs';

export async function listSnapshots({ conf, flags, signal }) {
  makeSnapshotDirectories(conf);
  if (flags.vm !== '') throw new Failure('the stand-in lists no snapshots by VM');
  const read = await within('list', () => snapshotIndex(conf).read(signal, (index) => Object.values(index.snapshots)));
  const whole = read.filter((record) => record !== null && !record.pending).map(publicSnapshot);
  whole.sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  if (whole.length === 0) process.stdout.write('No snapshots found.\n');
  else if (flags.format === 'json') process.stdout.write(marshalIndented(whole));
  else {
    const rows = whole.map(({ id, name, cpu = 0, memory = 0, description = '', created_at: made }) => {
      return [id, name, String(cpu), humanSize(memory), description, dateTime(made)];
    });
    process.stdout.write(table([['ID', 'NAME', 'CPU', 'MEMORY', 'DESCRIPTION', 'CREATED'], ...rows]));
  }
}

export async function inspectSnapshot({ conf, words: [ref], signal }) {
  makeSnapshotDirectories(conf);
  const find = (index) => findSnapshot(index, ref);
  const record = await within('inspect', () => snapshotIndex(conf).read(signal, find));
  process.stdout.write(marshalIndented(publicSnapshot(record)));
}

export async function removeSnapshots({ conf, log, words, signal }) {
  makeSnapshotDirectories(conf);
  const index = snapshotIndex(conf);
  const ids = await within('rm', () => index.read(signal, (read) => new Set(words.map((word) => idOf(read, word)))));
  for (const id of ids) {
    rmSync(layoutOf(conf).snapshotFiles(id), { recursive: true, force: true });
    await within(`rm: delete DB record ${id}`, () =>
      index.update(signal, (read) => {
        if (read.snapshots[id]?.name) delete read.names[read.snapshots[id].name];
        delete read.snapshots[id];
      }),
    );
    log.info('cmd.snapshot.rm', `deleted: ${id}`);
  }
}

function idOf(index, word) {
  try {
    return resolve(index.snapshots, index.names, word, NO_SNAPSHOT);
  } catch (error) {
    throw new Failure(`resolve ${JSON.stringify(word)}: ${error.message}`);
  }
}
