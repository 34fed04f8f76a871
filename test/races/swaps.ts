import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { idFor } from '../builders/cocoon-root.js';
import { overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import type { Act } from './acts.js';

/** One thing that a snapshot rests on: how a bad one is put in its place, and the good one back. */
export interface Swap {
  readonly what: string;
  /** A look at one of these paths, or at one below, shows which one stands there. */
  readonly shownBy: readonly string[];
  readonly toBad: readonly Act[];
  readonly toGood: readonly Act[];
}

type Bytes = (good: Buffer) => Buffer;

/** Bytes of guest memory: it is copied, too. */
const MEMORY = 2 ** 20;

const evilOverlay = overlayOn('/etc/shadow');

/** The bad one of a thing, made of the good one. */
export const bad = {
  overlay: (() => evilOverlay) as Bytes,
  config: ((good) => Buffer.from(good.toString().replace('/dev/urandom', '/dev/sda'))) as Bytes,
  base: ((good) => {
    const flipped = Buffer.from(good);
    flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
    return flipped;
  }) as Bytes,
};

/** A node with the healthy snapshot `app:v1`, and with `evil:v1`, whose overlay names a file of the host. */
export function swappedNode(engine: 'json' | 'sqlite' = 'json'): SmallNode {
  const node = smallNode({
    engine,
    snapshot: () => ({ memory: MEMORY }),
    more: (base, blob) => [snapshotOn('evil:v1', base, blob, { overlay: evilOverlay, memory: MEMORY })],
  });
  chmodSync(node.blob, 0o644);
  mkdirSync(join(node.root.directory, 'spare'));
  return node;
}

export type Manner = 'by renaming' | 'by linking' | 'in place';

/** A file that is swapped for one of other bytes. */
export function fileSwap({ root }: SmallNode, path: string, badBytes: Bytes, manner: Manner): Swap {
  const spare = (kind: string) => join(root.directory, 'spare', `${kind}.${basename(path)}`);
  const [goodFile, badFile] = [spare('good'), spare('bad')];
  const good = readFileSync(path);
  writeFileSync(badFile, badBytes(good));
  const what = `${shortName(path)} ${manner}`;
  const shownBy = [path];
  if (manner === 'by renaming') {
    const exchange = (from: string, to: string): Act[] => [
      ['rename', path, to],
      ['rename', from, path],
    ];
    return { what, shownBy, toBad: exchange(badFile, goodFile), toGood: exchange(goodFile, badFile) };
  }
  if (manner === 'in place') {
    writeFileSync(goodFile, good);
    return { what, shownBy, toBad: [['fill', path, badFile]], toGood: [['fill', path, goodFile]] };
  }
  linkSync(path, goodFile);
  const linked = (from: string): Act[] => [
    ['link', from, `${from}.new`],
    ['rename', `${from}.new`, path],
  ];
  return { what, shownBy, toBad: linked(badFile), toGood: linked(goodFile) };
}

/** A directory in whose place one is put that is like it but for one file. */
export function directorySwap(directory: string, file: string, badBytes: Bytes): Swap {
  makeBad(directory, file, badBytes);
  const exchange = (from: string, to: string): Act[] => [
    ['rename', directory, `${directory}.${to}`],
    ['rename', `${directory}.${from}`, directory],
  ];
  const what = `the directory ${basename(directory)}`;
  return { what, shownBy: [directory], toBad: exchange('bad', 'good'), toGood: exchange('good', 'bad') };
}

/** A directory that is a symbolic link, which then leads to one that is like it but for one file. */
export function linkSwap(directory: string, file: string, badBytes: Bytes): Swap {
  makeBad(directory, file, badBytes);
  renameSync(directory, `${directory}.good`);
  symlinkSync(`${directory}.good`, directory);
  const leadTo = (kind: string): Act[] => [
    ['symlink', `${directory}.${kind}`, `${directory}.new`],
    ['rename', `${directory}.new`, directory],
  ];
  const what = `the link ${basename(directory)}`;
  return { what, shownBy: [directory], toBad: leadTo('bad'), toGood: leadTo('good') };
}

/** The name `app:v1`, which leads to `evil:v1` instead. */
export function nameSwap(
  { root }: SmallNode,
  engine: 'json' | 'sqlite',
  by: 'name' | 'name by one that stays' = 'name',
): Swap {
  const { directory } = root;
  const what = `the name in the ${engine} metadata`;
  if (engine === 'sqlite') {
    const leadTo = (name: string): Act[] => [[by, directory, 'app:v1', idFor(name)]];
    return { what, shownBy: [join(directory, 'meta/meta.db')], toBad: leadTo('evil:v1'), toGood: leadTo('app:v1') };
  }
  const index = join(directory, 'snapshot/db/snapshots.json');
  const prepared = (name: string) => join(directory, 'spare', `index of ${idFor(name)}`);
  const leadTo = (name: string): Act[] => {
    const text = readFileSync(index, 'utf8').replace(/"app:v1":"[A-Z2-7]+"/, `"app:v1":"${idFor(name)}"`);
    writeFileSync(prepared(name), text);
    return [
      ['copy', prepared(name), `${index}.new`],
      ['rename', `${index}.new`, index],
    ];
  };
  return { what, shownBy: [index], toBad: leadTo('evil:v1'), toGood: leadTo('app:v1') };
}

/** A file that goes away, as garbage collection makes it, and comes back. */
export function removal({ root }: SmallNode, path: string): Swap {
  const aside = join(root.directory, 'spare', `gone.${basename(path)}`);
  const toBad: Act[] = [
    ['link', path, aside],
    ['unlink', path],
  ];
  return { what: `the removal of ${shortName(path)}`, shownBy: [path], toBad, toGood: [['rename', aside, path]] };
}

/** A file that is cut short, or to which something is appended. */
export function resized(path: string, how: 'cut short' | 'appended to'): Swap {
  const { size } = statSync(path);
  const toBad: Act[] = how === 'cut short' ? [['truncate', path, size - 1]] : [['append', path]];
  return { what: `${shortName(path)} ${how}`, shownBy: [path], toBad, toGood: [['truncate', path, size]] };
}

const shortName = (path: string): string => (/^[0-9a-f]{64}/.test(basename(path)) ? 'the base' : basename(path));

function makeBad(directory: string, file: string, badBytes: Bytes): void {
  const { status } = spawnSync('cp', ['-a', '--sparse=always', directory, `${directory}.bad`]);
  if (status !== 0) throw new Error(`cannot copy ${directory}`);
  const path = join(`${directory}.bad`, file);
  writeFileSync(path, badBytes(readFileSync(path)));
}
