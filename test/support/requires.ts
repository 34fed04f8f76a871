import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Test } from 'uvu';

type Callback = (context: Record<string, unknown>) => void | Promise<void>;

/** ext4, xfs, btrfs, ZFS, f2fs (lib/file/identity-proof.ts). */
const proving: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010]);

/** Whether a read can be remembered of files in a directory; false for one that cannot be looked at. */
export function identitiesProve(directory: string): boolean {
  try {
    return proving.has(statfsSync(directory).type);
  } catch {
    return false;
  }
}

/** What a machine may lack besides programs, and in which words. */
const probes: Readonly<Record<string, () => string | null>> = {
  'mount-namespace': () => {
    const run = spawnSync('unshare', ['--map-root-user', '--mount', 'true']);
    return run.status === 0 ? null : 'private mount namespaces are not to be had';
  },
  root: () => (process.geteuid?.() === 0 ? null : 'this is not root'),
  nobody: () => {
    const words = ['--reuid=65534', '--regid=65534', '--clear-groups', 'test', '-r', fileURLToPath(import.meta.url)];
    const { status } = spawnSync('setpriv', words);
    return status === 0 ? null : 'another user is not to be had (root, setpriv, a project that everybody may read)';
  },
  'disk-backed-tmp': () => {
    // What lies in memory has no pages to drop and no medium to read.
    const memory = [0x01021994, 0x858458f6];
    return memory.includes(statfsSync(tmpdir()).type) ? 'the temporary directory lies in memory' : null;
  },
  receipts: () => (identitiesProve(tmpdir()) ? null : 'the temporary directory is where identities prove nothing'),
  tracing: () => {
    // Of a process that is there already, which more machines forbid than the tracing of a child. It ends when it is traced.
    const traced = 'until grep -q "^TracerPid:.[1-9]" /proc/$$/status; do :; done';
    const script = 'sh -c "$1" & strace -qq -o /dev/null -p $!; status=$?; kill $! 2>/dev/null; exit $status';
    const { status } = spawnSync('sh', ['-c', script, 'sh', traced], { stdio: 'ignore' });
    return status === 0 ? null : 'a running process is not to be traced';
  },
  'two-cores': () => (availableParallelism() > 1 ? null : 'there is one core, so nothing is hashed beside another'),
  'loop-device': () => {
    try {
      closeSync(openSync('/dev/loop-control', 'r+'));
      return null;
    } catch {
      return 'loop devices are not to be had';
    }
  },
};

const known = new Map<string, string | null>();

/** Why this machine cannot run what needs a program or a thing of `probes`, or null when it can. */
function whyMissing(need: string): string | null {
  let answer = known.get(need);
  if (answer === undefined) {
    answer = (probes[need] ?? (() => whyNoProgram(need)))();
    known.set(need, answer);
  }
  return answer;
}

function whyNoProgram(program: string): string | null {
  const run = spawnSync('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', program]);
  return run.status === 0 ? null : `${program} is not installed`;
}

/**
 * A test that needs programs or rights which a user's machine may lack: skipped by name there, and an error where
 * BLOBCHECK_NO_SKIP is set (CI installs them all).
 */
export function needs(what: readonly string[], suite: Test, name: string, run: Callback): void {
  const reasons = what.map(whyMissing).filter((reason) => reason !== null);
  if (reasons.length === 0) {
    suite(name, run as never);
    return;
  }
  if (process.env.BLOBCHECK_NO_SKIP) {
    suite(name, () => {
      throw new Error(`skips are not allowed here: ${reasons.join(', ')}`);
    });
    return;
  }
  process.stderr.write(`SKIP ${name}: ${reasons.join(', ')}\n`);
  suite.skip(name, run as never);
}
