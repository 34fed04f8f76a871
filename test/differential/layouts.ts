/** How an image is created: every option of `qemu-img create -f qcow2` that changes what is written. */
export interface Layout {
  /** For `-o`. */
  readonly options: string;
  readonly version: 2 | 3;
  /** Bytes. */
  readonly clusterSize: number;
  readonly extendedL2: boolean;
  /** The guest's data lies beside the image. */
  readonly dataFile: boolean;
  readonly zstd: boolean;
  /** Anything but 16, which version 2 has. */
  readonly otherRefcounts: boolean;
  readonly lazy: boolean;
  readonly preallocated: boolean;
  readonly encrypted: boolean;
}

export const SECRET = ['--object', 'secret,id=s,data=word'];

const plain: Layout = {
  options: '',
  version: 3,
  clusterSize: 65_536,
  extendedL2: false,
  dataFile: false,
  zstd: false,
  otherRefcounts: false,
  lazy: false,
  preallocated: false,
  encrypted: false,
};

const every = Array.from({ length: 13 }, (_, index) => 2 ** (9 + index));

/** Without what needs a file or a key of its own. */
export const layouts: readonly Layout[] = [
  ...every.map((clusterSize) => layout({ clusterSize })),
  ...[512, 4096, 65_536, 2_097_152].map((clusterSize) => layout({ clusterSize, version: 2 }, 'compat=0.10')),
  ...[1, 2, 4, 8, 32, 64].flatMap((bits) => {
    return [512, 4096, 65_536].map((clusterSize) => {
      return layout({ clusterSize, otherRefcounts: true }, `refcount_bits=${bits}`);
    });
  }),
  ...[4096, 65_536].map((clusterSize) => layout({ clusterSize, lazy: true }, 'lazy_refcounts=on')),
  ...[512, 4096, 65_536, 2_097_152].map((clusterSize) => layout({ clusterSize, zstd: true }, 'compression_type=zstd')),
  ...[16_384, 65_536, 2_097_152].map((clusterSize) => layout({ clusterSize, extendedL2: true }, 'extended_l2=on')),
  ...['metadata', 'falloc', 'full'].flatMap((how) => {
    return [4096, 65_536].map((clusterSize) => layout({ clusterSize, preallocated: true }, `preallocation=${how}`));
  }),
  layout({ lazy: true, otherRefcounts: true, zstd: true }, 'lazy_refcounts=on,refcount_bits=64,compression_type=zstd'),
  layout({ lazy: true, preallocated: true }, 'lazy_refcounts=on,preallocation=metadata'),
  layout({ extendedL2: true, preallocated: true }, 'extended_l2=on,preallocation=metadata'),
];

/** Those that need a place or a key. */
export function specialLayouts(directory: string): Layout[] {
  return [
    layout({ dataFile: true }, `data_file=${directory}/guest.raw`),
    layout({ dataFile: true }, `data_file=${directory}/guest-raw.raw,data_file_raw=on`),
    layout({ encrypted: true }, 'encrypt.format=aes,encrypt.key-secret=s'),
    layout({ encrypted: true }, 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10'),
  ];
}

function layout(changes: Partial<Layout>, options = ''): Layout {
  const made = { ...plain, ...changes };
  const words = [`cluster_size=${made.clusterSize}`, options].filter((word) => word !== '');
  return { ...made, options: words.join(',') };
}
