import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotFiles } from '../../../lib/sample/snapshot.js';
import { snapshotIndex } from '../../../lib/store/layout.js';
import type { StoreLocation } from '../../../lib/store/location.js';
import { isJson } from '../../support/is-json.js';
import type { Json, Member } from './json-document.js';
import { editedText, type JsonEdit } from './json-edits.js';

/** A small root with one snapshot, whose evidence is written anew for every input. */
export interface FuzzNode {
  /** Resolved. */
  readonly root: string;
  readonly location: StoreLocation;
  readonly state: string;
  readonly snapshot: string;
  /** Where its files are. */
  readonly directory: string;
  readonly files: SnapshotFiles;
  /** What files of the store must hash to, by their paths, where that is not their name. */
  readonly sealed: ReadonlyMap<string, string>;
  /** What stands for `<word>` in edits. */
  readonly words: Readonly<Record<string, string>>;
}

/** Changes of what is known of a snapshot. */
export interface EvidenceEdits {
  readonly record: readonly JsonEdit[];
  readonly cocoon: readonly JsonEdit[];
  readonly config: readonly JsonEdit[];
  readonly state: readonly JsonEdit[];
}

export type Documents = Readonly<Record<keyof EvidenceEdits, string>>;

export function editedDocuments(node: FuzzNode, edits: EvidenceEdits): Documents {
  const text = (name: keyof EvidenceEdits) => withWords(node, editedText(node.files[name], edits[name]));
  return { record: text('record'), cocoon: text('cocoon'), config: text('config'), state: text('state') };
}

export function withWords({ words }: FuzzNode, text: string): string {
  return text.replace(/<([a-z-]+)>/g, (all, word: string) => words[word] ?? all);
}

/** Writes them where cocoon has them. */
export function writeDocuments({ root, directory, snapshot, files }: FuzzNode, documents: Documents): void {
  const { id } = files.record;
  writeFileSync(
    snapshotIndex(root),
    `{"snapshots":{${JSON.stringify(id)}:${documents.record}},"names":{${JSON.stringify(snapshot)}:${JSON.stringify(id)}}}`,
  );
  const names =
    files.record.hypervisor === 'firecracker' ? (['cocoon'] as const) : (['cocoon', 'config', 'state'] as const);
  for (const name of names) writeFileSync(join(directory, `${name}.json`), documents[name]);
}

/** A record is written by cocoon itself, so it is JSON, and no key of it is there twice. */
export function isCocoonsJson(json: Json): boolean {
  if ('raw' in json) return isJson(json.raw);
  if ('list' in json) return json.list.every(isCocoonsJson);
  if (!('object' in json)) return true;
  const keys = json.object.map(([key]: Member) => key.toLowerCase());
  return new Set(keys).size === keys.length && json.object.every(([, value]) => isCocoonsJson(value));
}
