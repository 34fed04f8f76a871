import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFile } from '../lib/digest/hash-file.js';
import type { StoreLocation } from '../lib/store/location.js';
import { buildRoot } from '../test/builders/cocoon-root.js';
import { buildQcow2, writeQcow2File } from '../test/builders/qcow2.js';
import { identitiesProve } from '../test/support/requires.js';
import { flush } from './data.js';
import { callersEnvironment } from './environment.js';
import { run } from './program.js';
import { program } from './subject.js';

/** The name of the one snapshot that stands on the base of a node. */
export const SNAPSHOT = 'app:v1';

const CLUSTER_BYTES = 65_536;
const IMAGE = 'https://images.example.com/base.qcow2';

/** A cocoon root with one base and one snapshot on it. */
export interface BenchNode {
  readonly location: StoreLocation;
  readonly blob: string;
  readonly stateDir: string;
  /** Lead a command to the root and to its state directory. */
  readonly options: readonly string[];
  /** Lead the scripts there. */
  readonly env: NodeJS.ProcessEnv;
}

export interface NodeSpec {
  /** Bytes of the base, about. */
  readonly size: number;
  readonly engine?: 'json' | 'sqlite';
  /** The data of the base is a hole, which takes no room on the disk and is read as zeros. */
  readonly sparse?: boolean;
}

export async function nodeWithBase(place: string, spec: NodeSpec): Promise<BenchNode> {
  const { size, engine = 'json', sparse = false } = spec;
  const directory = join(place, 'cocoon');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'base.tmp');
  const virtualSize = Math.max(size, 2 ** 30);
  await writeQcow2File(file, { virtualSize, fill: Math.ceil(size / CLUSTER_BYTES), sparse });
  if (!sparse) flush(file);
  const { digest } = await hashFile(file);
  const blob = join(directory, 'cloudimg/blobs', `${digest}.qcow2`);
  const overlay = buildQcow2({ virtualSize, backing: { name: blob, format: 'qcow2' } });
  const snapshot = { name: SNAPSHOT, image: IMAGE, base: digest, overlay };
  // The file of the base is put in the place of the one that is laid out with its image.
  const image = { ref: IMAGE, digest, bytes: Buffer.alloc(0) };
  const { location } = buildRoot({ directory, engine, images: [image], snapshots: [snapshot] });
  renameSync(file, blob);
  return { location, blob, ...ledTo(directory, join(place, 'state')) };
}

/** What leads programs to a root and a state directory. */
export function ledTo(root: string, stateDir: string): Pick<BenchNode, 'stateDir' | 'options' | 'env'> {
  return {
    stateDir,
    options: ['--root-dir', root, '--state-dir', stateDir],
    env: {
      ...callersEnvironment(),
      COCOON_ROOT_DIR: root,
      BLOBCHECK_STATE_DIR: stateDir,
      BLOBCHECK_NODE: process.execPath,
    },
  };
}

/** Verifies the base once, so that the next look at it finds a receipt. Throws where the node is not quite in order. */
export async function remember({ options }: Pick<BenchNode, 'options'>): Promise<void> {
  const verify = [program, 'verify', '--json', SNAPSHOT, ...options];
  await run(verify);
  const { stdout } = await run(verify);
  const [{ blobs, findings }] = JSON.parse(stdout).snapshots;
  if (blobs[0]?.how !== 'receipt') throw new Error(`a base that was read is not remembered: ${blobs[0]?.how}`);
  // A warning would be told again and again while it is measured.
  if (findings.length > 0) throw new Error(`something is found in a healthy node: ${JSON.stringify(findings)}`);
}

/** Null where what was read is remembered, else the words for the report. */
export function whyNoReceipts(): string | null {
  return identitiesProve(tmpdir()) ? null : 'the temporary directory is where identities prove nothing';
}

const SETTINGS = '/etc/blobcheck/blobcheck.conf';

/** Null where the scripts do as the benchmark tells them, else the words for the report. */
export function whyNoScripts(): string | null {
  return existsSync(SETTINGS) ? `${SETTINGS} has settings that win over the benchmark's` : whyNoReceipts();
}
