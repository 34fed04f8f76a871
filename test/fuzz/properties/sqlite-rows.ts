import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { databaseFile } from '../../../lib/store/layout.js';
import type { SmallNode } from '../../builders/small-node.js';
import { GoRefuses, type GoSnapshot, goSnapshotOf, goText } from '../../differential/go-reading.js';
import { judged } from '../answers/judged.js';
import { byteEdits, editedBytes } from '../inputs/byte-edits.js';
import { databaseEdits } from '../inputs/database-edits.js';
import { deniedNode, imageUrl, references, rottenNode } from '../inputs/denied-node.js';
import { editedText, jsonEdits } from '../inputs/json-edits.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';
import { isHealthyTo } from '../second-opinions/healthy.js';

/** A node, and its database as it was made. */
function withDatabase<T extends SmallNode>(node: T) {
  const path = databaseFile(node.root.directory);
  return { node, path, original: readFileSync(path) };
}

const denied = once(() => withDatabase(deniedNode('sqlite')));
const rotten = once(() => withDatabase(rottenNode('sqlite')));
/** With what was written last only in its log, as a cocoon that was killed leaves it. */
const logged = once(() => {
  const { node, path } = withDatabase(rottenNode('sqlite'));
  const open = new DatabaseSync(path);
  open.exec("INSERT INTO snapshots__records VALUES ('LATER', x'7b7d')");
  const files = { database: readFileSync(path), log: readFileSync(`${path}-wal`) };
  open.close();
  return { node, path, ...files };
});

const hex = (bytes: Uint8Array): string => `x'${Buffer.from(bytes).toString('hex')}'`;

type Cell = 'blob' | 'text' | 'integer' | 'real' | 'huge';
const cell = fc.constantFrom<Cell>('blob', 'blob', 'text', 'text', 'integer', 'real', 'huge');

function sqlOf(kind: Cell, bytes: Buffer): string {
  if (kind === 'blob') return hex(bytes);
  if (kind === 'text') return `CAST(${hex(bytes)} AS TEXT)`;
  if (kind === 'huge') return 'zeroblob(20000000)';
  return kind === 'integer' ? '9223372036854775807' : '1e300';
}

/** What Go reads of a row: undefined where it refuses it, and cocoon with it. */
function readAsGo(kind: Cell, bytes: Buffer): GoSnapshot | undefined {
  try {
    return kind === 'blob' || kind === 'text' ? goSnapshotOf(bytes) : undefined;
  } catch (error) {
    if (error instanceof GoRefuses) return undefined;
    throw error;
  }
}

export const properties = [
  property({
    name: 'an edited row allows nothing that Go reads otherwise',
    inputs: fc.record({
      ref: fc.constantFrom(...references),
      cell,
      edits: jsonEdits,
      damage: fc.oneof({ arbitrary: fc.constant([]), weight: 4 }, byteEdits),
    }),
    holds: async ({ ref, cell, edits, damage }) => {
      const { node, path, original } = denied();
      writeFileSync(path, original);
      const document = node.records.get(ref);
      const id = String(document?.id);
      const bytes = editedBytes(Buffer.from(editedText(document, edits)), damage);
      const open = new DatabaseSync(path);
      open.exec(`UPDATE snapshots__records SET data = ${sqlOf(cell, bytes)} WHERE id = '${id}'`);
      open.close();
      const { verdict } = await judged(node, { snapshots: [ref] });
      const record = readAsGo(cell, bytes);
      if (verdict !== 'allow' || record === undefined) return;
      const tombstones = new Map(ref === 'deleted:v1' ? [[id, 'deleting']] : []);
      const index = { snapshots: new Map([[id, record]]), names: new Map([[ref, id]]), tombstones };
      assert.ok(isHealthyTo(index, ref, node), goText(bytes));
    },
    quickRuns: 60,
  }),
  property({
    name: 'a damaged database is read or refused, and allows nothing on a base that is rotten',
    inputs: databaseEdits,
    holds: async (edits) => {
      const { node, path, original } = rotten();
      for (const ending of ['-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
      writeFileSync(path, editedBytes(original, edits));
      assert.is.not((await judged(node, { snapshots: ['app:v1'] })).verdict, 'allow');
      assert.is.not((await judged(node, { images: [imageUrl] })).verdict, 'allow');
    },
    quickRuns: 40,
  }),
  property({
    name: 'so is one with a damaged log',
    inputs: fc.record({ database: fc.option(databaseEdits), log: databaseEdits }),
    holds: async ({ database, log }) => {
      const files = logged();
      writeFileSync(files.path, database === null ? files.database : editedBytes(files.database, database));
      writeFileSync(`${files.path}-wal`, editedBytes(files.log, log));
      assert.is.not((await judged(files.node, { snapshots: ['app:v1'] })).verdict, 'allow');
      const { snapshots } = await judged(files.node, { all: true });
      assert.not.ok(snapshots.some(({ verdict }) => verdict === 'allow'));
    },
    quickRuns: 60,
  }),
];
