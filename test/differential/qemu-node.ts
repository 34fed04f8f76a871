import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifyReport } from '../../lib/report/documents.js';
import { verify } from '../../lib/verify/verify.js';
import { type BuiltRoot, buildRoot } from '../builders/cocoon-root.js';
import { run } from '../qcow2/qemu-img.js';
import { verifyJson } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';
import { DISK_BYTES } from './contents.js';
import { sha256sum } from './images.js';

/** A node whose base and overlays were made by qemu-img and qemu-io. */
export interface QemuNode {
  /** Of the root. */
  readonly directory: string;
  /** By `sha256sum`. */
  readonly digest: string;
  readonly base: string;
  /** What a guest sees in the base, as raw bytes. */
  readonly baseRaw: string;
  /** A directory for what is not the node's. */
  readonly elsewhere: string;
}

/** Converts a raw disk with data in it to a base, with these options and flags of `qemu-img convert`. */
export function makeNode(options: string, ...flags: string[]): QemuNode {
  const directory = temporaryDirectory();
  const elsewhere = temporaryDirectory();
  const baseRaw = join(elsewhere, 'base.raw');
  run('qemu-img', 'create', '-q', '-f', 'raw', baseRaw, String(DISK_BYTES));
  io(baseRaw, 'raw', ['write -P 17 0 3M', 'write -P 18 4M 100k', 'write -P 19 6143k 1k']);
  const made = join(elsewhere, 'base.qcow2');
  run('qemu-img', 'convert', '-q', ...flags, '-f', 'raw', '-O', 'qcow2', '-o', options, baseRaw, made);
  const digest = sha256sum(made);
  const base = join(directory, 'cloudimg/blobs', `${digest}.qcow2`);
  mkdirSync(join(directory, 'cloudimg/blobs'), { recursive: true });
  renameSync(made, base);
  return { directory, digest, base, baseRaw, elsewhere };
}

export function io(path: string, format: 'raw' | 'qcow2', commands: readonly string[]): void {
  run('qemu-io', '-f', format, ...commands.flatMap((command) => ['-c', command]), path);
}

/** An overlay on the node's base. */
export function makeOverlay({ base, elsewhere }: QemuNode, name: string, options = 'cluster_size=64k'): string {
  const path = join(elsewhere, `${name}.qcow2`);
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', options, '-b', base, '-F', 'qcow2', path);
  return path;
}

/** Lays out the root, with a snapshot `<name>:v1` for each overlay. */
export function layOut({ directory, digest, base }: QemuNode, overlays: ReadonlyMap<string, string>): BuiltRoot {
  const image = 'https://images.example.com/qemu.qcow2';
  const snapshots = [...overlays].map(([name, path]) => {
    return { name: `${name}:v1`, image, base: digest, overlay: readFileSync(path), storage: DISK_BYTES };
  });
  return buildRoot({ directory, images: [{ ref: image, bytes: readFileSync(base), digest }], snapshots });
}

/** The program's verdict on all snapshots. */
export function verifyAll({ directory }: QemuNode, state: string): { status: number | null; report: VerifyReport } {
  return verifyJson(['--root-dir', directory, '--state-dir', state, '--all']);
}

/** The raw bytes that a guest must see of an overlay: the base's, with the same commands done to them. */
export function expectedRaw({ baseRaw, elsewhere }: QemuNode, commands: readonly string[]): string {
  const path = join(elsewhere, 'expected.raw');
  copyFileSync(baseRaw, path);
  if (commands.length > 0) io(path, 'raw', commands);
  return path;
}

/** The same verdict, in this process. */
export async function verifyHere({ directory }: QemuNode, state: string): Promise<VerifyReport> {
  const location = { root: directory, metaBackend: null };
  return await verify({ all: true }, { location, stateDir: state, tool: 'test' });
}
