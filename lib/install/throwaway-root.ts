import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorText } from '../errors.js';
import { temporaryPlace } from '../file/temporary-place.js';
import { buildQcow2 } from '../sample/qcow2.js';
import { layOutRoot, writeJsonMetadata } from '../sample/root.js';
import type { SnapshotSpec } from '../sample/snapshot.js';
import { foldersOfStore, forgetStore } from '../trust/forget.js';

/** Bytes. The guest's memory is a hole in a file, so that the size costs nothing; 128 MiB is the least a cocoon takes. */
const memory = 128 * 1024 * 1024;
const virtualSize = 10 * 1024 ** 3;

export const goodSnapshot = 'self-test/good';
export const badSnapshot = 'self-test/bad';

export interface ThrowawayRoot {
  readonly directory: string;
  /** The names of everything in it: what a started cocoon adds to. */
  names(): Promise<readonly string[]>;
  /** Removes it, and what was remembered of it in the state directory; returns what could not be removed. */
  remove(): Promise<readonly string[]>;
}

/** A cocoon root, nobody else's to enter, with a healthy snapshot and one whose base is missing. */
export async function makeThrowawayRoot(stateDir: string): Promise<ThrowawayRoot> {
  const directory = await realpath(await mkdtemp(join(temporaryPlace(), 'blobcheck-self-test-')));
  const remembered = await foldersOfStore(stateDir, directory);
  // An interrupted run ends at once, and still leaves nothing.
  const onExit = () => {
    for (const path of [directory, ...remembered]) removeIfPossible(path);
  };
  process.once('exit', onExit);
  const remove = async (): Promise<readonly string[]> => {
    const problems = [...(await forgetStore(stateDir, directory))];
    try {
      await rm(directory, { recursive: true, force: true });
    } catch (error) {
      problems.push(`${directory} cannot be removed: ${systemErrorText(error)}`);
    }
    process.off('exit', onExit);
    return problems;
  };
  try {
    const clusters = [{ index: 0, data: Buffer.from('the base of a self-test') }];
    const base = buildQcow2({ virtualSize, clusters });
    const digest = createHash('sha256').update(base).digest('hex');
    const missing = createHash('sha256').update('no base of a self-test').digest('hex');
    const image = { ref: 'https://self-test.invalid/base.qcow2', bytes: base };
    const { tables } = layOutRoot({
      directory,
      images: [image],
      snapshots: [
        snapshotOn(directory, goodSnapshot, image.ref, digest),
        snapshotOn(directory, badSnapshot, 'self-test/no-such-image', missing),
      ],
    });
    writeJsonMetadata(directory, tables);
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, names: async () => (await readdir(directory, { recursive: true })).sort(), remove };
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Nobody is left to be told: the process ends.
  }
}

function snapshotOn(root: string, name: string, image: string, base: string): SnapshotSpec {
  const backing = { name: join(root, 'cloudimg/blobs', `${base}.qcow2`), format: 'qcow2' };
  return { name, image, base, memory, overlay: buildQcow2({ virtualSize, backing, incompatible: 1n }) };
}
