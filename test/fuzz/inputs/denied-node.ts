/** Nodes whose snapshots are all denied but one, by what the metadata says of them; their files are healthy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotFiles } from '../../builders/cocoon-root.js';
import { imageUrl, type SmallNode, smallNode, snapshotOn } from '../../builders/small-node.js';

const wrongs: Readonly<Record<string, (record: SnapshotFiles['record']) => void>> = {
  'digest:v1': (record) => {
    record.image_digest = `sha256:${'12'.repeat(32)}`;
  },
  'moved:v1': (record) => {
    record.data_dir = '/srv/elsewhere';
  },
  'memory:v1': (record) => {
    record.memory *= 2;
  },
  'pending:v1': (record) => {
    record.pending = true;
  },
  'kind:v1': (record) => {
    record.image_type = 'oci';
  },
  'hypervisor:v1': (record) => {
    record.hypervisor = 'firecracker';
  },
};

/** What may be asked for: `app:v1` is healthy, the others are denied. */
export const references: readonly string[] = ['app:v1', 'deleted:v1', ...Object.keys(wrongs)];

export const otherImage = 'https://images.example.com/rotten.qcow2';

export interface DeniedNode extends SmallNode {
  /** Where the files of the snapshots are: all are on the healthy base. */
  readonly directories: ReadonlySet<string>;
  /** Bytes of memory of each. */
  readonly memory: bigint;
  /** What is recorded of each snapshot, by its name. */
  readonly records: ReadonlyMap<string, SnapshotFiles['record']>;
}

export function deniedNode(engine: 'json' | 'sqlite' = 'json'): DeniedNode {
  const records = new Map<string, SnapshotFiles['record']>();
  const directories = new Set<string>();
  const recorded =
    (wrong: (record: SnapshotFiles['record']) => void = () => {}) =>
    ({ record }: SnapshotFiles) => {
      directories.add(record.data_dir);
      wrong(record);
      records.set(record.name, record);
    };
  const node = smallNode({
    engine,
    images: [{ ref: otherImage, bytes: Buffer.from('not what its name says'), digest: 'dd'.repeat(32) }],
    snapshot: () => ({ edit: recorded() }),
    more: (base, blob) => [
      snapshotOn('deleted:v1', base, blob, { tombstone: 'deleting', edit: recorded() }),
      ...Object.entries(wrongs).map(([name, wrong]) => snapshotOn(name, base, blob, { edit: recorded(wrong) })),
    ],
  });
  return { ...node, directories, records, memory: BigInt(records.get('app:v1')?.memory ?? 0) };
}

/** A node whose one base does not hash to its name, with nobody's word for it: nothing on it may ever be allowed. */
export const rottenNode = (engine: 'json' | 'sqlite' = 'json'): SmallNode =>
  smallNode({ engine, digest: 'ee'.repeat(32) });

export const indexOf = (node: SmallNode, index: 'snapshot/db/snapshots' | 'cloudimg/db/images'): string =>
  join(node.root.directory, `${index}.json`);

export const jsonAt = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

export { imageUrl };
