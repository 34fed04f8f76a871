import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { amount } from '../long/amount.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type Anatomy, anatomyOf } from './anatomy.js';
import { contents } from './contents.js';
import { type Blobs, everyKind, makeImage } from './images.js';
import type { Role } from './judge.js';

/** An image to be changed. */
export interface Seed {
  readonly name: string;
  readonly role: Role;
  /** It is allowed as it is, so that many of its mutants are. */
  readonly isSound: boolean;
  readonly file: Buffer;
  readonly anatomy: Anatomy;
  /** The directory that its base's name must lead to. */
  readonly blobs: string;
}

const fixtures = fileURLToPath(new URL('../fixtures/overlays/', import.meta.url));

/** Options and content of the images of QEMU that are changed: small ones, in which each part is. */
const chosen: readonly (readonly [string, string])[] = [
  ['cluster_size=4096', 'written'],
  ['cluster_size=4096', 'zeros and discards'],
  ['cluster_size=4096', 'compressed'],
  ['cluster_size=4096', 'bitmaps'],
  ['cluster_size=4096', 'internal snapshots'],
  ['cluster_size=65536', 'scattered'],
  ['cluster_size=65536', 'compressed'],
  ['cluster_size=4096,compat=0.10', 'written'],
  ['cluster_size=4096,refcount_bits=1', 'written'],
  ['cluster_size=65536,refcount_bits=64', 'scattered'],
  ['cluster_size=4096,lazy_refcounts=on', 'left open'],
  ['cluster_size=65536,compression_type=zstd', 'compressed'],
  ['cluster_size=512', 'scattered'],
];

const quickOnes = (_: unknown, index: number) => index % amount(2, 1) === 0;

/** Images that QEMU makes, each without a base and on one. */
export function seedsOfQemu(directory: string, blobs: Blobs): Seed[] {
  const kinds = everyKind(directory);
  return chosen.filter(quickOnes).flatMap(([options, name]) => {
    const content = contents.find((one) => one.name === name);
    const made = kinds.filter((kind) => kind.layout.options === options && kind.content === content);
    if (made.length !== 2) throw new Error(`there are ${made.length} kinds of ${options}, ${name}`);
    return made.map((kind) => {
      const path = join(directory, 'seed.qcow2');
      makeImage(path, kind, blobs);
      const file = readFileSync(path);
      const role = kind.onBase ? ('overlay' as const) : ('blob' as const);
      return { name: kind.name, role, isSound: true, file, anatomy: anatomyOf(file), blobs: blobs.directory };
    });
  });
}

/**
 * The 131 overlays that the real programs were asked about. Most differ from a sound one in a field or an entry, so it has
 * its parts where the sound one has them.
 */
export function seedsOfFixtures(): Seed[] {
  const directory = temporaryDirectory();
  execFileSync('tar', ['-xzSf', join(fixtures, 'overlays.tar.gz'), '-C', directory]);
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.qcow2'))
    .sort();
  const read = (name: string) => readFileSync(join(directory, name));
  const verdicts = readFileSync(join(fixtures, 'overlays.tsv'), 'utf8')
    .split('\n')
    .map((row) => row.split('\t'));
  const denied = new Set(verdicts.filter(([, verdict]) => verdict === 'deny').map(([name]) => `${name}.qcow2`));
  const soundOne = anatomyOf(read('healthy.qcow2'));
  const writtenOne = anatomyOf(read('written-flushed.qcow2'));
  return files.map((name) => {
    const file = read(name);
    const known = name.startsWith('table-') ? writtenOne : soundOne;
    const isSound = !denied.has(name);
    const anatomy = isSound ? anatomyOf(file) : known;
    return { name, role: 'overlay' as const, isSound, file, anatomy, blobs: '/var/lib/cocoon/cloudimg/blobs' };
  });
}
