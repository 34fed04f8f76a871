import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ifTold, statOf } from './process.js';

/** A process that has a file open. */
export interface Opener {
  readonly pid: number;
  /** Whether the lock of that file is its own: proc_pid_fdinfo(5). */
  readonly holdsLock: boolean;
}

/**
 * Who has these files open, by their paths, in order of process ids. Not flock(1), nor any other child of a process that
 * has the file open: it got that from its parent, for whom it works. Processes that we may not look into are not seen.
 */
export async function openersOf(files: readonly string[]): Promise<ReadonlyMap<string, readonly Opener[]>> {
  const byName = new Map<string, { readonly file: string; readonly dev: bigint; readonly ino: bigint }[]>();
  for (const file of files) {
    const stats = await lstat(file, { bigint: true }).catch(() => null);
    if (stats === null) continue;
    byName.set(basename(file), [...(byName.get(basename(file)) ?? []), { file, dev: stats.dev, ino: stats.ino }]);
  }
  const found = new Map<string, Map<number, Opener>>();
  if (byName.size === 0) return new Map();
  for (const pid of processes()) {
    for (const descriptor of descriptorsOf(pid) ?? []) {
      // By name first: to look at a file itself may hang where its server does.
      const named = byName.get(basename(targetOf(pid, descriptor)));
      const open = named && identityOf(pid, descriptor);
      const same = named?.find(({ dev, ino }) => dev === open?.dev && ino === open.ino);
      if (same === undefined) continue;
      const openers = found.get(same.file) ?? new Map<number, Opener>();
      found.set(same.file, openers);
      const holdsLock = openers.get(pid)?.holdsLock === true || hasLock(pid, descriptor);
      openers.set(pid, { pid, holdsLock });
    }
  }
  return new Map([...found].map(([file, openers]) => [file, withoutChildren(openers)]));
}

/** Whether `openersOf` sees what a process has open. */
export const canLookInto = (pid: number): boolean => descriptorsOf(pid) !== null;

function withoutChildren(openers: ReadonlyMap<number, Opener>): Opener[] {
  return [...openers.values()]
    .filter(({ pid }) => {
      const stat = statOf(pid);
      // The flock(1) of a waiter that was killed has another parent now, and waits on for nobody.
      return stat !== null && stat.name !== 'flock' && !openers.has(stat.parent);
    })
    .sort((a, b) => a.pid - b.pid);
}

function processes(): number[] {
  return (namesIn('/proc') ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
}

const descriptorsOf = (pid: number) => namesIn(`/proc/${pid}/fd`);

const namesIn = (directory: string): readonly string[] | null => ifTold(() => readdirSync(directory));

function targetOf(pid: number, descriptor: string): string {
  return ifTold(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) ?? '';
}

function identityOf(pid: number, descriptor: string): { readonly dev: bigint; readonly ino: bigint } | null {
  return ifTold(() => statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true }));
}

function hasLock(pid: number, descriptor: string): boolean {
  const info = `/proc/${pid}/fdinfo/${descriptor}`;
  return ifTold(() => /^lock:.*\bFLOCK\b/m.test(readFileSync(info, 'utf8'))) === true;
}
