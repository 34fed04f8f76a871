/**
 * truncated-disk-child.ts PLACE CUTS: verifies a root on a disk that ends early while it is mounted, in so many places, and
 * prints what does not hold; as root, in a mount namespace of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../support/blobcheck.js';
import { beforeFault, brokenInvariants } from './invariants.js';
import { troubledNode } from './troubled-node.js';

const [place = '', cuts = '1'] = process.argv.slice(2);
const [disk, whole, mounted] = ['disk', 'whole', 'mounted'].map((name) => join(place, name)) as [
  string,
  string,
  string,
];
const BYTES = 24 * 1024 * 1024;

const call = (command: string, ...words: string[]) =>
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
const mount = () => call('mount', '-o', 'loop', disk, mounted);

call('truncate', '-s', String(BYTES), disk);
call('mkfs.ext4', '-q', '-O', '^has_journal', '-E', 'lazy_itable_init=0', disk);
mkdirSync(mounted);
mount();
const node = await troubledNode('json', join(mounted, 'root'));
call('umount', mounted);
copyFileSync(disk, whole);

const counts = { cases: 0, 'read errors': 0 };
const broken: string[] = [];
for (let cut = 0; cut < Number(cuts); cut++) {
  copyFileSync(whole, disk);
  mount();
  node.reset(false);
  const before = await beforeFault(node);
  // Mounted anew, nothing of it is in memory.
  call('umount', mounted);
  mount();
  const end = Math.floor(((cut + 0.5) * BYTES) / Number(cuts) / 4096) * 4096;
  truncateSync(disk, end);
  const words = [program, 'verify', '--all', '--json', ...node.options];
  const ended = spawnSync(process.execPath, words, { encoding: 'utf8', env: { PATH: process.env.PATH } });
  call('umount', mounted);
  copyFileSync(whole, disk);
  mount();
  const asked = { verdicts: node.verdicts, printed: '' };
  const found = await brokenInvariants(before, { ended, asked });
  call('umount', mounted);
  counts.cases += 1;
  if (ended.stdout.includes('EIO')) counts['read errors'] += 1;
  broken.push(...found.map((text) => `cut at ${end}: ${text}\n${ended.stderr}`));
}
process.stdout.write(JSON.stringify({ counts, broken }));
