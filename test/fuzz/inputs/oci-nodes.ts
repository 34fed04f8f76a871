import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sealBlobs } from '../../../lib/verify/seal-blobs.js';
import { verify } from '../../../lib/verify/verify.js';
import { buildErofs } from '../../builders/erofs.js';
import { type OciNode, ociNode } from '../../builders/oci-node.js';
import { sha256 } from '../../support/sha256.js';
import { temporaryDirectory } from '../../support/temporary.js';
import type { FuzzNode } from './fuzz-node.js';

interface Store {
  readonly lower: string;
  readonly upper: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** What is the matter with what an image is made of, done after all of it was sealed. */
const faults = {
  none: () => {},
  'a layer is missing': ({ upper }: Store) => rmSync(upper),
  'a layer is flipped': ({ lower }: Store) => writeFileSync(lower, buildErofs({ content: Buffer.alloc(500, 'y') })),
  'layers are swapped': ({ lower, upper }: Store) => {
    const [one, two] = [readFileSync(lower), readFileSync(upper)];
    writeFileSync(lower, two);
    writeFileSync(upper, one);
  },
  'a layer is a link to a good one': ({ upper }: Store, outside: string) => {
    renameSync(upper, join(outside, 'moved.erofs'));
    symlinkSync(join(outside, 'moved.erofs'), upper);
  },
  'the kernel is another': ({ kernel }: Store) => writeFileSync(kernel, '\x7fELF other'),
  'the initial RAM disk is empty': ({ initrd }: Store) => writeFileSync(initrd, ''),
  'the kernel is a directory': ({ kernel }: Store) => {
    rmSync(kernel);
    mkdirSync(kernel);
  },
} as const;

export type OciFault = keyof typeof faults;
export const ociFaults = Object.keys(faults) as OciFault[];

export type OciName = 'oci:v1' | 'fc:v1';

/** A node for each snapshot, in the same root. */
export type OciFuzzNodes = { readonly made: OciNode } & Readonly<Record<OciName, FuzzNode>>;

const made = new Map<OciFault, Promise<OciFuzzNodes>>();

export function ociNodes(fault: OciFault): Promise<OciFuzzNodes> {
  const known = made.get(fault) ?? makeNodes(fault);
  made.set(fault, known);
  return known;
}

async function makeNodes(fault: OciFault): Promise<OciFuzzNodes> {
  const node = ociNode();
  const root = realpathSync(node.root.directory);
  const outside = realpathSync(temporaryDirectory());
  const { location } = node.root;
  const [lower, upper, stranger] = node.layers;
  await sealBlobs({ all: true }, { location, stateDir: node.state, tool: 'test' });
  for (const snapshot of ['oci:v1', 'fc:v1']) {
    const report = await verify({ snapshots: [snapshot] }, { location, stateDir: node.state, tool: 'test' });
    if (report.verdict !== 'allow') throw new Error(JSON.stringify(report.snapshots[0]?.findings));
  }
  const layer = (hex: string) => join(root, 'oci/blobs', `${hex}.erofs`);
  const boot = (name: string) => join(root, 'oci/boot', lower, name);
  const sealed = new Map(
    [...node.layers.map(layer), ...readdirSync(join(root, 'oci/boot', lower)).map(boot)].map(digested),
  );
  // Came later, and nobody has sealed it.
  const unsealed = sha256('came later');
  writeFileSync(layer(unsealed), buildErofs({ content: Buffer.alloc(500, 'z') }));
  writeFileSync(join(outside, 'shadow'), 'root:x');
  symlinkSync(outside, join(root, 'oci/elsewhere'));
  faults[fault](
    { lower: layer(lower), upper: layer(upper), kernel: boot('vmlinuz'), initrd: boot('initrd.img') },
    outside,
  );
  const of = (snapshot: OciName): FuzzNode => {
    const files = node.snapshots.get(snapshot);
    if (files === undefined) throw new Error(`no snapshot ${snapshot}`);
    const words = { root, outside, layer: lower, upper, stranger, unsealed };
    const directory = node.root.files(snapshot);
    return { root, location, state: node.state, snapshot, directory, files, sealed, words };
  };
  return { made: node, 'oci:v1': of('oci:v1'), 'fc:v1': of('fc:v1') };
}

const digested = (path: string) => [path, sha256(readFileSync(path))] as const;
