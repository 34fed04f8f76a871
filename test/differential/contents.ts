import { renameSync } from 'node:fs';
import { run } from '../qcow2/qemu-img.js';
import type { Layout } from './layouts.js';

/** What is done to an image after it was created. */
export interface Content {
  readonly name: string;
  /** Whether QEMU can do it to such an image. */
  readonly fits: (layout: Layout, onBase: boolean) => boolean;
  readonly write: (path: string, layout: Layout) => void;
  /** It is mapped beyond the virtual size, where `qemu-img map` does not look. */
  readonly beyondTheDisk?: boolean;
}

const always = () => true;

/** Bytes of the guest's disk: three clusters of the largest size. */
export const DISK_BYTES = 6 * 2 ** 20;

function io(path: string, ...commands: string[]): void {
  run('qemu-io', '-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), path);
}

export const contents: readonly Content[] = [
  { name: 'nothing', fits: always, write: () => {} },
  { name: 'written', fits: always, write: (path) => io(path, 'write -P 1 0 1M', 'write -P 2 5M 100k') },
  {
    name: 'scattered',
    fits: always,
    write: (path) => io(path, ...[0, 37, 700, 1500, 4097, 6143].map((at) => `write -P ${at % 255} ${at}k 512`)),
  },
  {
    name: 'zeros and discards',
    fits: always,
    write: (path) => {
      io(path, 'write -P 1 0 6M', 'write -z 1M 512k', 'write -z -u 2M 1M', 'discard 4M 1M', 'write -P 3 6143k 1k');
    },
  },
  {
    name: 'compressed',
    // QEMU compresses nothing into a cluster that is allocated already.
    fits: ({ dataFile, preallocated }) => !dataFile && !preallocated,
    write: (path) => io(path, 'write -c -P 1 0 2M', 'write -c -P 2 2M 2M', 'write -P 3 3M 64k'),
  },
  {
    name: 'internal snapshots',
    fits: ({ dataFile, otherRefcounts, options }) =>
      !dataFile && !(otherRefcounts && /refcount_bits=1(,|$)/.test(options)),
    write: (path) => {
      io(path, 'write -P 1 0 1M');
      run('qemu-img', 'snapshot', '-c', 'one', path);
      io(path, 'write -P 2 512k 1M');
      run('qemu-img', 'snapshot', '-c', 'two', path);
      io(path, 'write -P 3 0 64k');
      run('qemu-img', 'snapshot', '-d', 'one', path);
    },
  },
  {
    name: 'bitmaps',
    fits: ({ version }) => version === 3,
    write: (path) => {
      run('qemu-img', 'bitmap', '--add', path, 'one');
      run('qemu-img', 'bitmap', '--add', '-g', '512', '--disable', path, 'two');
      io(path, 'write -P 1 0 1M');
    },
  },
  {
    name: 'grown',
    fits: always,
    write: (path) => {
      io(path, 'write -P 1 0 64k');
      run('qemu-img', 'resize', '-q', '-f', 'qcow2', path, '+100M');
      io(path, 'write -P 2 100M 64k');
    },
  },
  {
    name: 'shrunk',
    fits: ({ options }) => !options.includes('data_file_raw'),
    write: (path) => {
      io(path, 'write -P 1 0 6M');
      run('qemu-img', 'resize', '-q', '-f', 'qcow2', '--shrink', path, '2M');
    },
  },
  {
    name: 'amended',
    // QEMU takes minutes for one of clusters of a MiB.
    fits: ({ version, dataFile, clusterSize }) => version === 3 && !dataFile && clusterSize <= 2 ** 18,
    write: (path, { lazy }) => {
      io(path, 'write -P 1 0 1M');
      run('qemu-img', 'amend', '-q', '-o', `refcount_bits=32,lazy_refcounts=${lazy ? 'off' : 'on'}`, path);
    },
  },
  {
    name: 'amended to version 3',
    fits: ({ version }) => version === 2,
    write: (path) => {
      io(path, 'write -P 1 0 1M');
      run('qemu-img', 'amend', '-q', '-o', 'compat=1.1', path);
    },
  },
  {
    name: 'amended to version 2',
    fits: ({ version, dataFile, extendedL2, zstd }) => version === 3 && !dataFile && !extendedL2 && !zstd,
    write: (path) => {
      io(path, 'write -P 1 0 1M', 'write -z 1M 1M');
      run('qemu-img', 'amend', '-q', '-o', 'lazy_refcounts=off,refcount_bits=16', path);
      run('qemu-img', 'amend', '-q', '-o', 'compat=0.10', path);
    },
  },
  {
    name: 'converted',
    fits: ({ dataFile }, onBase) => !dataFile && !onBase,
    write: (path, layout) => convert(path, layout),
  },
  {
    name: 'converted and compressed',
    fits: ({ dataFile, preallocated }, onBase) => !dataFile && !preallocated && !onBase,
    write: (path, layout) => convert(path, layout, '-c'),
  },
  {
    name: 'left open',
    fits: always,
    write: (path) => killed(path, 'write -P 1 0 1M', 'flush', 'write -P 2 2M 64k'),
  },
  {
    name: "a machine's state",
    fits: ({ dataFile }, onBase) => !dataFile && !onBase,
    write: (path) => io(path, 'write -P 1 0 64k', 'write -b -P 2 0 64k'),
    beyondTheDisk: true,
  },
];

function convert(path: string, { options }: Layout, ...flags: string[]): void {
  io(path, 'write -P 1 0 1M', 'write -P 2 5M 512k', 'write -z 1M 1M');
  const other = `${path}.converted`;
  run('qemu-img', 'convert', '-q', ...flags, '-f', 'qcow2', '-O', 'qcow2', '-o', options, path, other);
  renameSync(other, path);
}

/** As a crash leaves it: qemu-io ends itself with SIGABRT. */
function killed(path: string, ...commands: string[]): void {
  try {
    io(path, ...commands, 'abort');
  } catch (error) {
    if ((error as { signal?: string }).signal === 'SIGABRT') return;
    throw error;
  }
  throw new Error('qemu-io has not aborted');
}
