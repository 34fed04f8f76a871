import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes of the files of real snapshots that are left out of the fixtures because they are all holes. */
const guestMemory = 536_870_912;
const rawDisks: Readonly<Record<string, number>> = { 'cow.raw': 10_737_418_240, 'data-d1.raw': 67_108_864 };

/** What a test that uses these needs. */
export const atCocoonsPathNeeds = ['mount-namespace', 'tar'] as const;

/** Unpacks a real root (`var/lib/cocoon` of a node) into a directory of its own, with the files that are all holes. */
export function unpackRealRoot(name = 'cocoon-root.tar.gz'): string {
  const directory = temporaryDirectory();
  const archive = join(project, 'test/fixtures/real', name);
  const run = spawnSync('tar', ['-xzSf', archive, '-C', directory]);
  if (run.status !== 0) throw new Error(`tar: ${run.stderr}`);
  const root = join(directory, 'var/lib/cocoon');
  const snapshots = join(root, 'snapshot/localfile');
  for (const id of readdirSync(snapshots)) {
    const directory = join(snapshots, id);
    const has = readdirSync(directory);
    emptyFile(join(directory, has.includes('vmstate') ? 'mem' : 'memory-ranges'), guestMemory);
    const sidecar = readFileSync(join(directory, 'cocoon.json'), 'utf8');
    for (const [disk, bytes] of Object.entries(rawDisks)) {
      if (sidecar.includes(`/${disk}"`) && !has.includes(disk)) emptyFile(join(directory, disk), bytes);
    }
  }
  return root;
}

function emptyFile(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program where `root` stands at /var/lib/cocoon, in a mount namespace of its own: the host's /var/lib is hidden
 * and nothing of it changes.
 */
export function runAtCocoonsPath(root: string, argv: readonly string[]): Ran {
  const script =
    'mount -t tmpfs none /var/lib && mkdir /var/lib/cocoon && mount --bind "$0" /var/lib/cocoon && exec "$@"';
  const run = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script, root, ...argv], {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** The command line, at cocoon's own path. */
export function blobcheckAtCocoonsPath(root: string, args: readonly string[]): Ran {
  return runAtCocoonsPath(root, [process.execPath, join(project, 'bin/blobcheck'), ...args]);
}
