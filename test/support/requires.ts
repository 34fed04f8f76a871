import { spawnSync } from 'node:child_process';
import type { Test } from 'uvu';

type Callback = (context: Record<string, unknown>) => void | Promise<void>;

const missing = new Map<string, string | null>();

/** Why this machine cannot run what needs `tool`, or null when it can. */
function whyMissing(tool: string): string | null {
  const known = missing.get(tool);
  if (known !== undefined) return known;
  const answer = probe(tool);
  missing.set(tool, answer);
  return answer;
}

function probe(tool: string): string | null {
  if (tool === 'mount-namespace') {
    const run = spawnSync('unshare', ['--map-root-user', '--mount', 'true']);
    return run.status === 0 ? null : 'private mount namespaces are not to be had';
  }
  const run = spawnSync('sh', ['-c', `command -v "$1" >/dev/null`, 'sh', tool]);
  return run.status === 0 ? null : `${tool} is not installed`;
}

/**
 * A test that needs programs or kernel features which a user's machine may lack: skipped by name there, and an error
 * where BLOBCHECK_NO_SKIP is set (CI installs them all).
 */
export function needs(tools: readonly string[], suite: Test, name: string, run: Callback): void {
  const reasons = tools.map(whyMissing).filter((reason) => reason !== null);
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
