import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { GoRefuses, goImageDigests, goSnapshotIndex } from '../../differential/go-reading.js';
import { judged } from '../answers/judged.js';
import { byteEdits, editedBytes } from '../inputs/byte-edits.js';
import {
  type DeniedNode,
  deniedNode,
  imageUrl,
  indexOf,
  jsonAt,
  otherImage,
  references,
  rottenNode,
} from '../inputs/denied-node.js';
import { editedText, jsonEdits } from '../inputs/json-edits.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';
import { isHealthyTo } from '../second-opinions/healthy.js';

interface Index {
  readonly node: DeniedNode;
  readonly path: string;
  readonly document: unknown;
}

const indexFor = (name: 'snapshot/db/snapshots' | 'cloudimg/db/images') =>
  once((): Index => {
    const node = deniedNode();
    const path = indexOf(node, name);
    return { node, path, document: jsonAt(path) };
  });
const snapshots = indexFor('snapshot/db/snapshots');
const images = indexFor('cloudimg/db/images');

const rotten = once(() => {
  const node = rottenNode();
  const written = (['snapshot/db/snapshots', 'cloudimg/db/images'] as const).map((name) => {
    const path = indexOf(node, name);
    return { path, document: jsonAt(path) };
  });
  return { node, written };
});

const disk = (role: string, ro: boolean) => ({ path: `/run/${role}`, ro, serial: '', role });
const machineIndex = {
  vms: {
    VM1: {
      id: 'VM1',
      storage_configs: [disk('cow', false), disk('cidata', true)],
      boot_config: { kernel_path: '/k', initrd_path: '/i' },
    },
    VM2: { id: 'VM2' },
  },
  names: { web: 'VM1', db: 'VM2' },
};
const machines = once(() => {
  const node = deniedNode();
  for (const name of ['cloudhypervisor', 'firecracker']) {
    mkdirSync(join(node.root.directory, name, 'db'), { recursive: true });
  }
  return node;
});

const edits = fc.record({ edits: jsonEdits, damage: fc.oneof({ arbitrary: fc.constant([]), weight: 4 }, byteEdits) });
type Edits = typeof edits extends fc.Arbitrary<infer T> ? T : never;

const bytesOf = (document: unknown, { edits, damage }: Edits): Buffer =>
  editedBytes(Buffer.from(editedText(document, edits)), damage);

/** Null where Go refuses the document, and cocoon with it. */
function readAsGo<T>(read: (bytes: Buffer) => T, bytes: Buffer): T | null {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof GoRefuses) return null;
    throw error;
  }
}

export const properties = [
  property({
    name: 'an edited index of snapshots allows nothing that Go reads otherwise',
    inputs: fc.record({ ref: fc.constantFrom(...references), edits }),
    holds: async ({ ref, edits }) => {
      const { node, path, document } = snapshots();
      const bytes = bytesOf(document, edits);
      writeFileSync(path, bytes);
      const { verdict } = await judged(node, { snapshots: [ref] });
      const index = readAsGo(goSnapshotIndex, bytes);
      assert.ok(verdict !== 'allow' || index === null || isHealthyTo(index, ref, node), `${ref} is allowed`);
    },
    quickRuns: 300,
  }),
  property({
    name: 'an edited index of images allows no image that Go reads otherwise',
    inputs: fc.record({ ref: fc.constantFrom(imageUrl, otherImage), edits }),
    holds: async ({ ref, edits }) => {
      const { node, path, document } = images();
      const bytes = bytesOf(document, edits);
      writeFileSync(path, bytes);
      const { verdict } = await judged(node, { images: [ref] });
      const digests = readAsGo(goImageDigests, bytes);
      assert.ok(verdict !== 'allow' || digests === null || digests.get(ref) === `sha256:${node.base}`, ref);
    },
    quickRuns: 200,
  }),
  property({
    name: 'no index allows anything on a base that is rotten',
    inputs: fc.record({ edits, images: edits }),
    holds: async (input) => {
      const { node, written } = rotten();
      for (const [which, edits] of [input.edits, input.images].entries()) {
        const index = written[which];
        if (index !== undefined) writeFileSync(index.path, bytesOf(index.document, edits));
      }
      assert.is.not((await judged(node, { snapshots: ['app:v1'] })).verdict, 'allow');
      assert.is.not((await judged(node, { images: [imageUrl] })).verdict, 'allow');
    },
    quickRuns: 100,
  }),
  property({
    name: 'an edited index of virtual machines is read or refused',
    inputs: fc.record({ edits, hypervisor: fc.constantFrom('cloudhypervisor', 'firecracker') }),
    holds: async ({ edits, hypervisor }) => {
      const node = machines();
      writeFileSync(join(node.root.directory, hypervisor, 'db/vms.json'), bytesOf(machineIndex, edits));
      await judged(node, { snapshots: ['app:v1'], vm: 'web' });
    },
    quickRuns: 100,
  }),
];
