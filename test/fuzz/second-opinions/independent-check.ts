/**
 * A second opinion on a snapshot that was allowed, written for tests alone: slow, narrow, and without a line of lib. It
 * names what a clone of it would open that is not in the store, or not what its name or seal says. It knows only what the
 * small nodes of the tests hold, so all else is an objection.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, normalize } from 'node:path';

export class Objection extends Error {}

export function object(reason: string): never {
  throw new Objection(reason);
}

/** The files of a snapshot, wherever they are. */
export interface SnapshotContent {
  /** Whether a regular file of this name is in it. */
  has(name: string): boolean;
  read(name: string): Buffer;
}

export interface Questioned {
  /** As its own, resolved path. */
  readonly root: string;
  /** What files of the store must hash to, by their paths, where that is not their name. */
  readonly sealed: ReadonlyMap<string, string>;
  readonly record: unknown;
  readonly content: SnapshotContent;
}

/** The objection of a check, or null. */
export function objectionOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof Objection) return error.message;
    throw error;
  }
}

export function directoryContent(directory: string): SnapshotContent {
  return {
    has: (name) => lstatSync(`${directory}/${name}`, { throwIfNoEntry: false })?.isFile() ?? false,
    read: (name) => readFileSync(`${directory}/${name}`),
  };
}

/** The record leads to these files. */
export function expectDirectory(record: unknown, directory: string): void {
  const place = textMember(record, 'data_dir');
  const found = lstatSync(place, { throwIfNoEntry: false }) === undefined ? null : realpathSync(place);
  if (found !== directory) object('its files are elsewhere');
}

/** A file of the store that is opened by this very path, and whose content is what it must be. */
export function expectProved({ root, sealed }: Questioned, path: string, directory: string): void {
  if (!path.startsWith('/') || path.includes('\0') || normalize(path) !== path)
    object(`${path} is not spelled plainly`);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) object(`${path} is no regular file`);
  if (dirname(realpathSync(path)) !== `${root}/${directory}`) object(`${path} is not in ${directory}`);
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  const known = sealed.get(realpathSync(path));
  const named = /([0-9a-f]{64})\.qcow2$/.exec(path)?.[1];
  if (digest !== (known ?? named)) object(`${path} hashes to ${digest}`);
}

/** One document, in which no object has a key twice. */
export function documentIn({ content }: Questioned, name: string): unknown {
  if (!content.has(name)) object(`${name} is not there`);
  const text = content.read(name).toString('utf8');
  const document = parsed(name, text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g) ?? [];
  const keys = tokens.filter((token, at) => token.startsWith('"') && tokens[at + 1] === ':').length;
  if (keys !== keysIn(document)) object(`a key of ${name} is repeated`);
  return document;
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return object(`${name} is no JSON`);
  }
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, part) => sum + keysIn(part), own);
}

/** What Go and everybody else take for one member of an object; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const spellings = Object.keys(value).filter((key) => plain(key) === name);
  if (spellings.some((key) => key !== name)) object(`${spellings.join(' and ')} stands for ${name}`);
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

const plain = (key: string): string => key.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k');

export function textMember(value: unknown, name: string): string {
  const text = member(value, name) ?? '';
  return typeof text === 'string' ? text : object(`${name} is no string`);
}

export function listMember(value: unknown, name: string): readonly unknown[] {
  const list = member(value, name) ?? [];
  return Array.isArray(list) ? list : object(`${name} is no list`);
}

/** Strings that may be paths, outside of places where the hypervisor or cocoon do not take them for such. */
export function expectNoPathBut(value: unknown, place: string, isFine: (place: string, path: string) => boolean): void {
  if (typeof value === 'string' && value.includes('/') && !isFine(place, value)) object(`${place} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    expectNoPathBut(part, `${place}.${Array.isArray(value) ? '*' : key}`, isFine);
  }
}
