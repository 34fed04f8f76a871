import { spawnSync } from 'node:child_process';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes of guest memory of every real snapshot; its file is left out of the fixture because it is all holes. */
const guestMemory = 536_870_912;

/** What a test that uses these needs. */
export const atCocoonsPathNeeds = ['mount-namespace', 'tar'] as const;

/** Unpacks a real root (`var/lib/cocoon` of a node) into a directory of its own, guest memory included. */
export function unpackRealRoot(name = 'cocoon-root.tar.gz'): string {
  const directory = temporaryDirectory();
  const archive = join(project, 'test/fixtures/real', name);
  const run = spawnSync('tar', ['-xzSf', archive, '-C', directory]);
  if (run.status !== 0) throw new Error(`tar: ${run.stderr}`);
  const root = join(directory, 'var/lib/cocoon');
  const snapshots = join(root, 'snapshot/localfile');
  for (const id of readdirSync(snapshots)) {
    const memory = join(snapshots, id, 'memory-ranges');
    writeFileSync(memory, '');
    truncateSync(memory, guestMemory);
  }
  return root;
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
