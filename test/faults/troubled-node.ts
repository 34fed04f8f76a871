import { cpSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../lib/report/documents.js';
import { sealBlobs } from '../../lib/verify/seal-blobs.js';
import { verify } from '../../lib/verify/verify.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { baseBytes, imageUrl, overlayOn, type SmallNode, snapshotOn } from '../builders/small-node.js';
import { swap } from '../cli/seals.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flip } from '../verify/blobs.js';
import { sealsOf } from './remembered.js';

/** A node with snapshots that are sound and such as are not, each in its own way. */
export interface TroubledNode extends SmallNode {
  /** What a full check says of each snapshot when nothing fails. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The blob of a snapshot. */
  blobOf(name: string): string;
  /** The digests in the seals that there are, by the names of the blobs. */
  readonly sealedAs: ReadonlyMap<string, string>;
  /** Makes the state directory what it was: with seals, and with or without what may be lost. */
  reset(remembers?: boolean): void;
  /** Makes what the state directory is now what it was. */
  keep(): void;
}

/** Names of bases that were converted: nothing hashes to them. */
const [converted, swapped, unsealed] = ['c0', 'c1', 'c2'].map((two) => two.repeat(32)) as [string, string, string];

export async function troubledNode(
  engine: 'json' | 'sqlite' = 'json',
  directory: string = temporaryDirectory(),
): Promise<TroubledNode> {
  const state = temporaryDirectory();
  const bytes = { sound: baseBytes('sound'), flipped: baseBytes('flipped'), lost: baseBytes('lost') };
  const hex = { sound: sha256(bytes.sound), flipped: sha256(bytes.flipped), lost: sha256(bytes.lost) };
  const blob = (name: string) => join(directory, 'cloudimg/blobs', `${name}.qcow2`);
  const on = (name: string, base: string) =>
    snapshotOn(`${name}:v1`, base, blob(base), {
      image: `${imageUrl}?${base}`,
      overlay: overlayOn(blob(base)),
      memory,
    });
  const bases: Readonly<Record<string, string>> = {
    'sound:v1': hex.sound,
    'converted:v1': converted,
    'flipped:v1': hex.flipped,
    'swapped:v1': swapped,
    'unsealed:v1': unsealed,
    'lost:v1': hex.lost,
  };
  const images = [
    ...Object.values(bytes).map((content) => ({ ref: `${imageUrl}?${sha256(content)}`, bytes: content })),
    ...[converted, swapped, unsealed].map((name) => ({
      ref: `${imageUrl}?${name}`,
      bytes: baseBytes(`content ${name}`),
      digest: name,
    })),
  ];
  const root = buildRoot({
    directory,
    engine,
    images,
    snapshots: [
      ...Object.entries(bases).map(([name, base]) => on(name.replace(':v1', ''), base)),
      {
        ...on('entropy', hex.sound),
        edit: ({ config }) => Object.assign(config.rng, { src: '/var/lib/another/disk' }),
      },
      { ...on('outside', hex.sound), overlay: overlayOn('/etc/shadow') },
      on('forgetful', hex.sound),
    ],
  });
  truncateSync(join(root.files('forgetful:v1'), 'memory-ranges'), memory / 2);
  const check = { location: root.location, stateDir: state, tool: 'test' };
  for (const name of readdirSync(join(directory, 'cloudimg/blobs')))
    await settled(join(directory, 'cloudimg/blobs', name));
  await sealBlobs({ names: Object.values(bases).filter((base) => base !== unsealed) }, check);
  rmSync(blob(hex.lost));
  swap(blob(swapped), baseBytes('swapped'));
  await flip(blob(hex.flipped), readFileSync(blob(hex.flipped)).length - 1);
  for (const base of [swapped, hex.flipped]) await settled(blob(base));

  const kept = temporaryDirectory();
  const keep = () => copyAll(state, kept);
  const reset = (remembers = true) => {
    copyAll(kept, state);
    if (!remembers) for (const name of lostWithoutHarm) rmSync(join(state, name), { recursive: true, force: true });
  };
  keep();
  const { snapshots } = await verify({ all: true }, { ...check, content: 'read' });
  reset();
  return {
    root,
    options: ['--root-dir', directory, '--state-dir', state],
    state,
    base: hex.sound,
    blob: blob(hex.sound),
    verdicts: new Map(snapshots.map(({ ref, verdict }) => [ref, verdict])),
    sealedAs: new Map([...(await sealsOf({ root, state }))].map(([name, { digest }]) => [name, digest])),
    blobOf: (name) => blob(bases[name] ?? ''),
    reset,
    keep,
  };
}

const lostWithoutHarm = ['receipts', 'locks', 'stamps'];

/** Into the directory that is there, which something may be mounted on. */
function copyAll(from: string, to: string): void {
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** Bytes of guest memory: a hole, and no more than is worth listing. */
const memory = 64 * 1024 * 1024;
