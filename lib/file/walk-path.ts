import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { systemErrorCode } from '../errors.js';

/** As many as Linux follows on one way (path_resolution(7)). */
const MAX_LINKS = 40;

/** A directory or a symbolic link on the way that a path takes. */
export interface PathStep {
  /** Absolute; no component but the last is a link. */
  readonly path: string;
  readonly stats: BigIntStats;
}

/** Where a way ends. */
export type PathEnd =
  /** A directory: the last step, but for the links to it. */
  | { readonly kind: 'directory'; readonly path: string; readonly stats: BigIntStats }
  | { readonly kind: 'not-directory'; readonly path: string; readonly stats: BigIntStats }
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'too-many-links'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly error: unknown }
  /** Where it leads depends on who asks: a relative one, and one through /proc. */
  | { readonly kind: 'not-absolute' };

export interface WalkedPath {
  /** In the order of the way, each once: first `/`, and each directory before what was found in it. */
  readonly steps: readonly PathStep[];
  readonly end: PathEnd;
  /**
   * A link in the path as it was given that `..` follows, or null. The kernel goes up from where the link leads; a program
   * that cleans names first, as Go's filepath.Join does, drops both.
   */
  readonly ambiguous: string | null;
}

/** Walks to a directory, one name after the other, as the kernel does. Never throws for what stands on the disk. */
export function walkPath(path: string): WalkedPath {
  const steps = new Map<string, PathStep>();
  let ambiguous: string | null = null;
  const ended = (end: PathEnd): WalkedPath => ({ steps: [...steps.values()], end, ambiguous });
  if (!isAbsolute(path)) return ended({ kind: 'not-absolute' });
  // The names still to go, the next one last. Those of links are not the caller's.
  const ahead = namesOf(path).map((name) => ({ name, given: true }));
  // Of the given names on the way, the link that each is.
  const given: (string | null)[] = [];
  let at = '/';
  let links = 0;
  try {
    let here = look(steps, at);
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      if (!here.stats.isDirectory()) return ended({ kind: 'not-directory', path: at, stats: here.stats });
      if (next.name === '..') {
        if (next.given) ambiguous ??= given.pop() ?? null;
        at = dirname(here.path);
        here = look(steps, at);
        continue;
      }
      at = join(here.path, next.name);
      // The links below lead one process here and another elsewhere, and not where their text says.
      if (at === '/proc') return ended({ kind: 'not-absolute' });
      const found = look(steps, at);
      const isLink = found.stats.isSymbolicLink();
      if (next.given) given.push(isLink ? at : null);
      if (!isLink) {
        here = found;
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) return ended({ kind: 'too-many-links', path: at });
      const target = targetOf(at);
      if (isAbsolute(target)) here = look(steps, '/');
      ahead.push(...namesOf(target).map((name) => ({ name, given: false })));
    }
    const kind = here.stats.isDirectory() ? 'directory' : 'not-directory';
    return ended({ kind, path: here.path, stats: here.stats });
  } catch (error) {
    const code = systemErrorCode(error);
    return ended(code === 'ENOENT' ? { kind: 'missing', path: at } : { kind: 'unreadable', path: at, error });
  }
}

/** The components of a path, the last one first. */
function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .reverse();
}

/** A second look would only bring another answer, and a link may lead the same way a thousand times. */
function look(steps: Map<string, PathStep>, path: string): PathStep {
  const known = steps.get(path);
  if (known !== undefined) return known;
  const step = { path, stats: lstatSync(path, { bigint: true }) };
  steps.set(path, step);
  return step;
}

function targetOf(path: string): string {
  const bytes = readlinkSync(path, { encoding: 'buffer' });
  const target = bytes.toString();
  // Read as text it would be another name than the one that is opened.
  if (!Buffer.from(target).equals(bytes)) throw new Error('the link leads to a name that is no UTF-8');
  return target;
}
