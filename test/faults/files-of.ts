import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../support/sha256.js';

/** Files of a root that a command is there to write: by path, the contents (hex digests) that may stand there afterwards. */
export type Writable = ReadonlyMap<string, readonly (string | null)[]>;

/**
 * What tells each file and directory below one from every other, and from itself with other content: nobody sets a ctime.
 * Of a directory only what it is: names come and go in it.
 */
export function filesOf(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Map(names.map((name) => [join(directory, name), marksOf(join(directory, name))]));
}

function marksOf(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const { ino, size, mode, mtimeNs, ctimeNs } = stats;
  return stats.isDirectory() ? `directory ${ino} ${mode}` : [ino, size, mode, mtimeNs, ctimeNs].join(' ');
}

/** The digest of what a name leads to; null where it leads to nothing. */
export function contentAt(path: string): string | null {
  return existsSync(path) ? sha256(readFileSync(path)) : null;
}

/** No file of the root is lost, changed or added, but what the command is there to write, and that only as a whole. */
export function brokenFiles(root: string, before: ReadonlyMap<string, string>, writable: Writable): readonly string[] {
  const now = filesOf(root);
  // Who writes there takes cocoon's locks, whose files stay, in a directory of its own, which the next one removes.
  const ours = (path: string) =>
    writable.has(path) || (writable.size > 0 && (path.endsWith('.lock') || path.startsWith(join(root, '.blobcheck'))));
  const lost = [...before.keys()].filter((path) => !ours(path) && !now.has(path)).map((path) => `${path} is gone`);
  const other = [...now.entries()]
    .filter(([path, marks]) => !ours(path) && before.get(path) !== marks)
    .map(([path]) => `${path} is ${before.has(path) ? 'another' : 'new'}`);
  const torn = [...writable].flatMap(([path, contents]) => {
    const content = contentAt(path);
    return contents.includes(content) ? [] : [`${path} is neither as it was nor what it must be: ${content}`];
  });
  return [...lost, ...other, ...torn];
}
