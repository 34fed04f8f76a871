/** `snapshot import`: without a file it reads stdin; a word `-` is the name of a file. */
import { createReadStream, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { extractArchive } from './archive.mjs';
import { byteReader } from './byte-reader.mjs';
import { attempt, Failure, within } from './failure.mjs';
import { now, parseGoJson } from './json.mjs';
import { layoutOf, makeSnapshotDirectories } from './layout.mjs';
import { put, snapshotConfig, snapshotIndex } from './named-index.mjs';
import { newId } from './new-id.mjs';

export async function run({ conf, log, flags, words: [file], signal }) {
  makeSnapshotDirectories(conf);
  const stream = file === undefined ? process.stdin : openArchive(file);
  log.info('cmd.snapshot.import', `importing from ${file ?? 'stdin'} ...`);
  const id = await within('import', () => importArchive({ conf, flags, signal }, stream));
  log.info('cmd.snapshot.import', `snapshot imported: ${id}`);
}

function openArchive(file) {
  const fd = attempt('open archive: open', file, () => openSync(file, 'r'));
  return createReadStream('', { fd });
}

async function importArchive({ conf, flags, signal }, stream) {
  const packed = byteReader(stream);
  const magic = await packed.peek(2);
  if (magic.length < 2) throw new Failure('peek archive header: EOF');
  const isPacked = magic[0] === 0x1f && magic[1] === 0x8b;
  const reader = isPacked ? byteReader(packed.rest().pipe(createGunzip())) : packed;
  const id = newId();
  const dataDir = layoutOf(conf).snapshotFiles(id);
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  try {
    await within('extract archive', () => extractArchive(reader, dataDir));
    await enter(conf, signal, id, dataDir, configOf(dataDir, id, flags));
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return id;
}

function configOf(dataDir, id, flags) {
  const path = join(dataDir, 'snapshot.json');
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Failure('invalid snapshot archive: snapshot.json not found');
  }
  let envelope;
  try {
    envelope = parseGoJson(text);
  } catch (error) {
    throw new Failure(`parse snapshot.json: ${error.message}`);
  }
  const version = envelope.version ?? 0;
  if (version !== 1) throw new Failure(`unsupported snapshot archive version ${version}`);
  rmSync(path);
  const config = { ...envelope.config, id };
  if (flags.name !== '') config.name = flags.name;
  if (flags.description !== '') config.description = flags.description;
  return snapshotConfig(config);
}

/** A name is taken once; the files of the second are removed again. */
async function enter(conf, signal, id, dataDir, config) {
  await snapshotIndex(conf).update(signal, (index) => {
    const { name } = config;
    if (name !== '' && Object.hasOwn(index.names, name)) {
      throw new Failure(`snapshot name ${JSON.stringify(name)} already in use by ${index.names[name]}`);
    }
    if (name !== '') index.names[name] = id;
    put(index, 'snapshots', id, { ...config, created_at: now(), data_dir: dataDir });
  });
}
