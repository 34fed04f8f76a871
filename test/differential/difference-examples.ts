import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { buildQcow2 } from '../builders/qcow2.js';
import { run } from '../qcow2/qemu-img.js';
import { anatomyOf } from './anatomy.js';
import type { Blobs } from './images.js';
import type { Role } from './judge.js';
import { SECRET } from './layouts.js';

/** An image on which a line of docs/qcow2-differences.md can be seen. */
export interface Example {
  readonly id: string;
  readonly role: Role;
  readonly make: (path: string, blobs: Blobs) => void;
}

const DISK = 2 ** 20;

function create(path: string, options: string, size: string | null, blobs: Blobs | null, ...flags: string[]): void {
  const backing = blobs === null ? [] : ['-b', blobs.base, '-F', 'qcow2'];
  const sizes = size === null ? [] : [size];
  run(
    'qemu-img',
    'create',
    '-q',
    ...flags,
    '-f',
    'qcow2',
    ...(options === '' ? [] : ['-o', options]),
    ...backing,
    path,
    ...sizes,
  );
}

function io(path: string, ...commands: string[]): void {
  run('qemu-io', '-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), path);
}

function edit(path: string, change: (file: Buffer) => Buffer | undefined): void {
  const file = readFileSync(path);
  writeFileSync(path, change(file) ?? file);
}

/** A copy with its refcount table at the end of the file, and that many clusters of it. */
function withTableAtEnd(file: Buffer, clusters: number): Buffer {
  const { clusterSize, refcountTable, refcountBlocks } = anatomyOf(file);
  const offset = Math.ceil(file.length / clusterSize) * clusterSize;
  const moved = Buffer.concat([file, Buffer.alloc(offset - file.length + clusters * clusterSize)]);
  file.copy(moved, offset, refcountTable, refcountTable + clusterSize);
  moved.writeBigUInt64BE(BigInt(offset), 48);
  moved.writeUInt32BE(clusters, 56);
  const block = refcountBlocks[0] as number;
  moved.writeUInt16BE(0, block + (refcountTable / clusterSize) * 2);
  for (let at = 0; at < clusters; at++) moved.writeUInt16BE(1, block + (offset / clusterSize + at) * 2);
  return moved;
}

export const examples: readonly Example[] = [
  { id: 'extended-l2', role: 'overlay', make: (path, blobs) => create(path, 'extended_l2=on', null, blobs) },
  {
    id: 'external-data-file',
    role: 'overlay',
    make: (path, blobs) => create(path, `data_file=${path}.raw`, null, blobs),
  },
  {
    id: 'internal-snapshots',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      run('qemu-img', 'snapshot', '-c', 'one', path);
    },
  },
  {
    id: 'bitmaps',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      run('qemu-img', 'bitmap', '--add', path, 'one');
    },
  },
  {
    id: 'bitmaps-nowhere',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      edit(path, (file) => void file.writeBigUInt64BE(1n, 88));
    },
  },
  {
    id: 'zeros-in-version-2',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -z 0 64k');
      edit(path, (file) => void file.writeUInt32BE(2, 4));
    },
  },
  {
    id: 'marked-corrupt',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      edit(path, (file) => void file.writeBigUInt64BE(2n, 72));
    },
  },
  { id: 'large-disk', role: 'blob', make: (path) => create(path, '', '17T', null) },
  {
    id: 'extensions-without-end',
    role: 'overlay',
    make: (path, { base }) => {
      const file = buildQcow2({ virtualSize: DISK, backing: { name: base } });
      // The name moves to where the end marker of the extensions stands.
      const offset = Number(file.readBigUInt64BE(8));
      file.writeBigUInt64BE(BigInt(offset - 8), 8);
      file.copy(file, offset - 8, offset, offset + file.readUInt32BE(16));
      writeFileSync(path, file);
    },
  },
  {
    id: 'refcount-table-too-large',
    role: 'blob',
    make: (path) => writeFileSync(path, withTableAtEnd(buildQcow2({ virtualSize: DISK }), 5)),
  },
  {
    id: 'refcount-table-cut',
    role: 'blob',
    make: (path) => writeFileSync(path, withTableAtEnd(buildQcow2({ virtualSize: 16 * 2 ** 40 }), 1)),
  },
  {
    id: 'large-file',
    role: 'blob',
    make: (path) => {
      create(path, 'cluster_size=512', '64K', null);
      truncateSync(path, 8 * 2 ** 20);
    },
  },
  { id: 'many-refcounts', role: 'overlay', make: (path, blobs) => create(path, 'lazy_refcounts=on', '4T', blobs) },
  {
    id: 'compressed-and-rebuilt',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, 'lazy_refcounts=on', null, blobs);
      io(path, 'write -c -P 1 0 64k', 'write -P 2 128k 64k');
    },
  },
  {
    id: 'compressed-cut',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -c -P 1 0 64k');
    },
  },
  {
    id: 'data-cut',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -P 1 0 64k');
      edit(path, (file) => file.subarray(0, file.length - 512));
    },
  },
  {
    id: 'l1-cut',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      edit(path, (file) => void file.writeUInt32BE(file.readUInt32BE(36) + 1, 36));
    },
  },
  {
    id: 'name-in-header',
    role: 'overlay',
    make: (path, { base }) => {
      const file = buildQcow2({ virtualSize: DISK, backing: { name: base } });
      // Bytes from 112 on are the header's, by its length, and nobody gives them a meaning.
      file.writeUInt32BE(Number(file.readBigUInt64BE(8)) + 8, 100);
      writeFileSync(path, file);
    },
  },
  {
    id: 'half-a-name',
    role: 'overlay',
    make: (path, { base }) => {
      const file = buildQcow2({ virtualSize: DISK, backing: { name: base } });
      file.writeBigUInt64BE(0n, 8);
      writeFileSync(path, file);
    },
  },
  {
    id: 'flags-alone',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -P 1 0 64k');
      edit(path, (file) => void file.writeBigUInt64BE(1n << 63n, anatomyOf(file).freeL2Entries[0] as number));
    },
  },
  { id: 'backing-name', role: 'overlay', make: (path) => create(path, '', '1M', null) },
  {
    id: 'backing-format',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', blobs.base, path);
    },
  },
  { id: 'base-with-a-base', role: 'blob', make: (path, blobs) => create(path, '', null, blobs) },
  {
    id: 'encrypted',
    role: 'overlay',
    make: (path, blobs) => create(path, 'encrypt.format=aes,encrypt.key-secret=s', null, blobs, ...SECRET),
  },
  {
    id: 'stale-refcounts',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -P 1 0 64k');
      edit(path, (file) => {
        const { clusterSize, refcountBlocks, dataClusters } = anatomyOf(file);
        file.writeUInt16BE(0, (refcountBlocks[0] as number) + ((dataClusters[0] as number) / clusterSize) * 2);
        file.writeBigUInt64BE(1n, 72);
        return file;
      });
    },
  },
  {
    id: 'refcounts-of-a-base',
    role: 'blob',
    make: (path) => {
      create(path, '', '1M', null);
      io(path, 'write -P 1 0 64k');
      edit(path, (file) => {
        const { clusterSize, refcountBlocks, dataClusters } = anatomyOf(file);
        file.writeUInt16BE(0, (refcountBlocks[0] as number) + ((dataClusters[0] as number) / clusterSize) * 2);
        return file;
      });
    },
  },
  {
    id: 'copied-flag',
    role: 'overlay',
    make: (path, blobs) => {
      create(path, '', null, blobs);
      io(path, 'write -P 1 0 64k');
      edit(path, (file) => {
        const at = anatomyOf(file).usedL2Entries[0] as number;
        file.writeBigUInt64BE(file.readBigUInt64BE(at) & ~(1n << 63n), at);
        return file;
      });
    },
  },
  {
    id: 'bitmaps-of-a-base',
    role: 'blob',
    make: (path) => {
      create(path, '', '1M', null);
      run('qemu-img', 'bitmap', '--add', path, 'one');
      edit(path, (file) => {
        // Type, length, number, reserved field, size of the directory, and where it is; of its first entry the type.
        const extension = file.indexOf(Buffer.from('23852875', 'hex'));
        file.writeUInt8(0, Number(file.readBigUInt64BE(extension + 24)) + 16);
        return file;
      });
    },
  },
];
