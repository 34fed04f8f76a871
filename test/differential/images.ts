import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../qcow2/qemu-img.js';
import { type Content, contents, DISK_BYTES } from './contents.js';
import { type Layout, layouts, SECRET, specialLayouts } from './layouts.js';

/** An image that qemu-img and qemu-io are to make. */
export interface ImageKind {
  readonly name: string;
  readonly layout: Layout;
  readonly content: Content;
  /** It stands on the store's base. */
  readonly onBase: boolean;
}

/** A directory of blobs with one base in it, made by qemu-img and named by `sha256sum`. */
export interface Blobs {
  readonly directory: string;
  readonly base: string;
}

export function makeBlobs(directory: string): Blobs {
  const blobs = join(directory, 'blobs');
  mkdirSync(blobs);
  const made = join(directory, 'base.qcow2');
  run('qemu-img', 'create', '-q', '-f', 'qcow2', made, String(DISK_BYTES));
  run('qemu-io', '-f', 'qcow2', '-c', 'write -P 17 0 3M', '-c', 'write -P 18 4M 1M', made);
  const base = join(blobs, `${sha256sum(made)}.qcow2`);
  renameSync(made, base);
  return { directory: blobs, base };
}

export function sha256sum(path: string): string {
  return execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64);
}

/** Every layout with every content, without a base and on one, as far as QEMU can make it. */
export function everyKind(directory: string): ImageKind[] {
  const kinds: ImageKind[] = [];
  for (const layout of [...layouts, ...specialLayouts(directory)]) {
    for (const content of contents) {
      for (const onBase of [false, true]) {
        if (fits(layout, content, onBase))
          kinds.push({ name: nameOf(layout, content, onBase, directory), layout, content, onBase });
      }
    }
  }
  return kinds;
}

/** A few of them in which every third layout is, and every content. */
export function someKinds(directory: string): ImageKind[] {
  const kinds = everyKind(directory);
  const some = new Set<ImageKind>();
  const all = [...layouts, ...specialLayouts(directory)];
  all.forEach((layout, index) => {
    if (index % 3 !== 0) return;
    const ofLayout = kinds.filter(
      (kind) => kind.layout.options === layout.options && kind.layout.version === layout.version,
    );
    const kind = ofLayout[(index * 7) % ofLayout.length];
    if (kind !== undefined) some.add(kind);
  });
  for (const content of contents) {
    if ([...some].some((kind) => kind.content === content)) continue;
    const kind = kinds.find((one) => one.content === content);
    if (kind !== undefined) some.add(kind);
  }
  return [...some];
}

function fits(layout: Layout, content: Content, onBase: boolean): boolean {
  if (layout.encrypted) return content.name === 'nothing';
  if (layout.preallocated && onBase && !layout.extendedL2) return false;
  if (layout.options.includes('data_file_raw') && onBase) return false;
  return content.fits(layout, onBase);
}

function nameOf({ options }: Layout, content: Content, onBase: boolean, directory: string): string {
  return `${options.replaceAll(`${directory}/`, '')}, ${content.name}${onBase ? ', on a base' : ''}`;
}

export function makeImage(path: string, { layout, content, onBase }: ImageKind, { base }: Blobs): void {
  const backing = onBase ? ['-b', base, '-F', 'qcow2'] : [];
  const secret = layout.encrypted ? SECRET : [];
  const words = ['create', '-q', ...secret, '-f', 'qcow2', '-o', layout.options, ...backing, path, String(DISK_BYTES)];
  for (let left = 9; ; left--) {
    try {
      run('qemu-img', ...words);
      break;
    } catch (error) {
      // QEMU times its key derivation, and gives up when the kernel's clock has not moved meanwhile.
      if (left === 0 || !String(error).includes('accurate CPU usage')) throw error;
    }
  }
  content.write(path, layout);
}
