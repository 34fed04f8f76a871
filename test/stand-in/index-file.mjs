/** An index of cocoon's: JSON in one file, read and replaced under a lock beside it. */
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt, Failure, pathError } from './failure.mjs';
import { marshal, parseGoJson } from './json.mjs';
import { lock } from './lock.mjs';
import { temporaryFile } from './temporary-file.mjs';

/** `shape` turns what stands in the file into what cocoon knows of it, and is given null where there is no file. */
export function indexFile({ path, lockPath, shape, goType }) {
  const load = () => shape(readDocument(path, goType));
  const store = (index) => replaceFile(path, `${marshal(index)}\n`);
  const locked = async (signal, work) => {
    const release = await lock(lockPath, signal);
    try {
      return await work();
    } finally {
      release();
    }
  };
  return {
    lockPath,
    load,
    store,
    read: (signal, look) => locked(signal, () => look(load())),
    update: (signal, change) =>
      locked(signal, async () => {
        const index = load();
        const result = await change(index);
        store(index);
        return result;
      }),
  };
}

function readDocument(path, goType) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw new Failure(`read ${path}: ${pathError('open', path, error).message}`);
  }
  let document;
  try {
    document = parseGoJson(text);
  } catch (error) {
    throw new Failure(`parse ${path}: ${error.message}`);
  }
  if (!Array.isArray(document)) return document;
  throw new Failure(`parse ${path}: json: cannot unmarshal array into Go value of type ${goType}`);
}

/** Writes a file beside, fsyncs it, and renames it into place. */
function replaceFile(path, text) {
  const { descriptor, path: made } = temporaryFile(dirname(path), '.tmp-', '');
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    chmodSync(made, 0o644);
    attempt(`rename temp to target: rename ${made}`, path, () => renameSync(made, path));
  } catch (error) {
    rmSync(made, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
}
