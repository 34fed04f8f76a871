/**
 * Shows the main job on a cocoon node that it makes for itself: no cocoon, no qemu-img, no root rights, no network.
 *
 *     npm run demo [-- --sqlite] [-- --keep]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNode } from './node.js';

const program = fileURLToPath(new URL('../bin/blobcheck', import.meta.url));
const engine = process.argv.includes('--sqlite') ? 'sqlite' : 'json';
const place = mkdtempSync(join(tmpdir(), 'blobcheck-demo-'));
const keep = process.argv.includes('--keep');
process.on('exit', () => keep || rmSync(place, { recursive: true, force: true }));

const root = join(place, 'cocoon');
const state = join(place, 'state');

function blobcheck(...args: string[]): number {
  process.stdout.write(`\n$ blobcheck ${args.join(' ')}\n`);
  const run = spawnSync(process.execPath, [program, ...args, '--root-dir', root, '--state-dir', state], {
    stdio: 'inherit',
  });
  return run.status ?? 3;
}

process.stdout.write(
  `A cocoon node in ${root} (${engine} metadata): four bases, one of 256 MiB, and seven snapshots.\n`,
);
const node = await buildNode(root, engine);
blobcheck('seal', '--all');

process.stdout.write(`
A week passes. The tag of ci/runner is rebuilt and the old base collected (vk-cocoon #2, cocoon #37); so is the base of
lab/desktop, whose image is no URL (cocoon #38); a bit flips in the base of db/postgres. And shop/cart and web/kiosk came
from a hostile host: one overlay stands on another tenant's disk, one machine takes it for its entropy source.
`);
node.damage();
const status = blobcheck('verify', '--all');
process.stdout.write(`exit code ${status}\n`);
if (keep) process.stdout.write(`\nkept: blobcheck status --root-dir ${root} --state-dir ${state}\n`);
// What stood before the damage is denied for a reason, so a run that allows everything has failed.
process.exitCode = status === 1 ? 0 : 1;
