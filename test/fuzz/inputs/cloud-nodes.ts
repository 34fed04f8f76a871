import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotFiles } from '../../../lib/sample/snapshot.js';
import { sealBlobs } from '../../../lib/verify/seal-blobs.js';
import { verify } from '../../../lib/verify/verify.js';
import { buildRoot } from '../../builders/cocoon-root.js';
import { buildQcow2 } from '../../builders/qcow2.js';
import { imageUrl } from '../../builders/small-node.js';
import { sha256 } from '../../support/sha256.js';
import { temporaryDirectory } from '../../support/temporary.js';
import type { FuzzNode } from './fuzz-node.js';

export const DISK_BYTES = 2 ** 20;
const image = (content: string, backing?: string): Buffer =>
  buildQcow2({
    virtualSize: DISK_BYTES,
    clusterBits: 9,
    clusters: [{ index: 0, data: Buffer.from(content) }],
    ...(backing === undefined ? {} : { backing: { name: backing } }),
  });

const needed = image('needed');
const other = image('other');
const converted = image('converted');
const blobs = { needed: sha256(needed), other: sha256(other), converted: sha256(Buffer.from('before')) };
/** Images whose content is what their name says, and that no guest may stand on. */
const chained = image('chained', '/etc/shadow');
const notAnImage = Buffer.alloc(4096, 'raw disk ');

/** What is the matter with the base, done after it was good once. */
const faults = {
  none: () => {},
  missing: (path: string) => rmSync(path),
  flipped: (path: string) => writeFileSync(path, Buffer.concat([needed.subarray(0, -1), Buffer.from([1])])),
  'cut short': (path: string) => writeFileSync(path, needed.subarray(0, -512)),
  empty: (path: string) => writeFileSync(path, ''),
  swapped: (path: string) => writeFileSync(path, other),
  'a link to a good one': (path: string, outside: string) => {
    renameSync(path, join(outside, 'moved.qcow2'));
    symlinkSync(join(outside, 'moved.qcow2'), path);
  },
  'a directory': (path: string) => {
    rmSync(path);
    mkdirSync(path);
  },
} as const;

export type CloudFault = keyof typeof faults;
export const cloudFaults = Object.keys(faults) as CloudFault[];

const made = new Map<CloudFault, Promise<FuzzNode>>();

/** Made once for each fault: only the snapshot's own files are changed afterwards. */
export function cloudNode(fault: CloudFault): Promise<FuzzNode> {
  const known = made.get(fault) ?? makeNode(fault);
  made.set(fault, known);
  return known;
}

async function makeNode(fault: CloudFault): Promise<FuzzNode> {
  const root = realpathSync(temporaryDirectory());
  const outside = realpathSync(temporaryDirectory());
  const state = temporaryDirectory();
  const made: SnapshotFiles[] = [];
  const built = buildRoot({
    directory: root,
    images: [
      { ref: imageUrl, bytes: needed },
      { ref: `${imageUrl}?other`, bytes: other },
      { ref: `${imageUrl}?converted`, bytes: converted, digest: blobs.converted },
      { ref: `${imageUrl}?chained`, bytes: chained },
      { ref: `${imageUrl}?raw`, bytes: notAnImage },
    ],
    snapshots: [
      {
        name: 'app:v1',
        image: imageUrl,
        base: blobs.needed,
        overlay: overlayOn(join(root, 'cloudimg/blobs', `${blobs.needed}.qcow2`)),
        edit: (files) => made.push(files),
      },
    ],
  });
  const [files] = made;
  if (files === undefined) throw new Error('no snapshot was made');
  const options = { location: built.location, stateDir: state, tool: 'test' };
  // Good once, so that a seal, a receipt and every other trace of it are there.
  await sealBlobs({ names: [blobs.needed, blobs.other, blobs.converted] }, options);
  const before = await verify({ snapshots: ['app:v1'] }, options);
  if (before.verdict !== 'allow') throw new Error(JSON.stringify(before.snapshots[0]?.findings));
  writeFileSync(join(outside, `${blobs.other}.qcow2`), other);
  writeFileSync(join(outside, 'shadow'), 'root:x');
  symlinkSync(root, join(outside, 'root'));
  symlinkSync(outside, join(root, 'cloudimg/elsewhere'));
  writeFileSync(join(root, 'cloudimg/temp', `${blobs.other}.qcow2`), other);
  writeFileSync(join(root, 'cloudimg/blobs/notahash.qcow2'), other);
  faults[fault](built.blob(blobs.needed), outside);
  return {
    root,
    location: built.location,
    state,
    snapshot: 'app:v1',
    directory: built.files('app:v1'),
    files,
    sealed: new Map([[built.blob(blobs.converted), sha256(readFileSync(built.blob(blobs.converted)))]]),
    words: { root, outside, ...blobs, chained: sha256(chained), raw: sha256(notAnImage) },
  };
}

function overlayOn(name: string): Buffer {
  return buildQcow2({ virtualSize: DISK_BYTES, clusterBits: 9, backing: { name }, incompatible: 1n });
}
