import {
  copyFileSync,
  linkSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { putRow } from '../builders/edit-metadata.js';

/** One step of a process that changes a node while it is judged; plain data, because it may be another process. */
export type Act =
  | readonly ['rename', from: string, to: string]
  | readonly ['link', from: string, to: string]
  | readonly ['copy', from: string, to: string]
  | readonly ['symlink', target: string, path: string]
  | readonly ['unlink', path: string]
  /** Writes the bytes of another file over it, in its place. */
  | readonly ['fill', path: string, from: string]
  | readonly ['truncate', path: string, bytes: number]
  | readonly ['append', path: string]
  /** A transaction in the database of a root, by a writer that comes and goes, or by one that stays. */
  | readonly ['name' | 'name by one that stays', root: string, name: string, id: string];

export function perform(acts: readonly Act[]): void {
  for (const act of acts) performOne(act);
}

function performOne(act: Act): void {
  switch (act[0]) {
    case 'rename':
      renameSync(act[1], act[2]);
      break;
    case 'link':
      linkSync(act[1], act[2]);
      break;
    case 'copy':
      copyFileSync(act[1], act[2]);
      break;
    case 'symlink':
      symlinkSync(act[1], act[2]);
      break;
    case 'unlink':
      unlinkSync(act[1]);
      break;
    case 'fill':
      fill(act[1], readFileSync(act[2]));
      break;
    case 'truncate':
      truncateSync(act[1], act[2]);
      break;
    case 'append':
      writeFileSync(act[1], 'x', { flag: 'a' });
      break;
    case 'name':
      putRow(act[1], 'sqlite', 'names', act[2], act[3]);
      break;
    case 'name by one that stays':
      putByStaying(act[1], act[2], act[3]);
      break;
  }
}

function fill(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { flag: 'r+' });
  truncateSync(path, bytes.length);
}

const writers = new Map<string, InstanceType<typeof DatabaseSync>>();

function putByStaying(root: string, name: string, id: string): void {
  const writer = writers.get(root) ?? new DatabaseSync(join(root, 'meta/meta.db'));
  writers.set(root, writer);
  const text = (value: string) => `CAST(x'${Buffer.from(value).toString('hex')}' AS TEXT)`;
  const row = `(${text(name)}, ${text(JSON.stringify(id))})`;
  writer.exec(`BEGIN IMMEDIATE; INSERT OR REPLACE INTO snapshots__names VALUES ${row}; COMMIT`);
}
