/**
 * small-disk-child.ts PLACE WHAT PAGES…: runs a command on a disk with so many free pages left, in a mount namespace of its
 * own, and prints what does not hold afterwards.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { baseBytes } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { sha256 } from '../support/sha256.js';
import { beforeFault, brokenInvariants, type Happened } from './invariants.js';
import { brokenNextEnsure } from './next-ensure.js';
import { brokenSeal } from './next-seal.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const [place = '', what = '', ...pages] = process.argv.slice(2);
const PAGE = 4096;

function mountAt(directory: string, bytes: number): void {
  mkdirSync(directory, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', directory]);
}

/** Fills a file system but for so many pages; returns the file that makes it full. */
function fill(directory: string, left: number): string {
  const filler = join(directory, 'filler');
  const file = openSync(filler, 'w');
  const { bavail } = statfsSync(directory);
  for (let page = Number(bavail); page > left; page--) writeSync(file, Buffer.alloc(PAGE));
  fsyncSync(file);
  closeSync(file);
  return filler;
}

interface Small {
  readonly node: TroubledNode;
  readonly disk: string;
  readonly words: readonly string[];
  reset(): void;
  differs(status: number | null): Partial<Happened>;
}

/** The state directory is on the small disk. */
async function smallState(words: readonly string[], remembers: boolean): Promise<Small> {
  const node = await troubledNode();
  mountAt(node.state, 256 * 1024);
  const reset = () => node.reset(remembers);
  return {
    node,
    disk: node.state,
    words: [...words, '--json', ...node.options],
    reset,
    differs: () => (words[0] === 'seal' ? { next: () => brokenSeal(node, 'unsealed:v1') } : {}),
  };
}

/** The root is, and a base is brought to it. */
async function smallRoot(): Promise<Small> {
  const directory = join(place, 'root');
  mountAt(directory, 24 * 1024 * 1024);
  const node = await troubledNode('json', directory);
  const blob = node.blobOf('lost:v1');
  const from = join(place, 'image');
  const good = baseBytes('lost');
  writeFileSync(from, good);
  return {
    node,
    disk: directory,
    words: ['ensure', '--json', ...node.options, '--from', from, 'lost:v1'],
    reset: () => {
      node.reset();
      rmSync(blob, { force: true });
    },
    differs: (status) => ({
      asked: { verdicts: new Map(node.verdicts).set('lost:v1', status === 0 ? 'allow' : 'deny'), printed: '' },
      writable: new Map([[blob, status === 0 ? [sha256(good)] : [null, sha256(good)]]]),
      next: () => brokenNextEnsure(node, 'lost:v1', from),
    }),
  };
}

const small = what === 'ensure' ? await smallRoot() : await smallState(what.split(' '), what !== 'verify --all');
const counts = { cases: 0, 'not allowed': 0 };
const broken: string[] = [];
for (const left of pages.map(Number)) {
  small.reset();
  const before = await beforeFault(small.node);
  const filler = fill(small.disk, left);
  const ended = spawnSync(process.execPath, [program, ...small.words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  rmSync(filler);
  const asked = { verdicts: small.node.verdicts, printed: '' };
  const found = await brokenInvariants(before, { ended, asked, ...small.differs(ended.status) });
  counts.cases += 1;
  if (ended.status === 3 || what === 'ensure') counts['not allowed'] += ended.status === 0 ? 0 : 1;
  broken.push(...found.map((text) => `${left} pages left: ${text}\n${ended.stderr}${ended.stdout.slice(0, 2000)}`));
}
// What is mounted cannot be removed.
execFileSync('umount', [small.disk]);
process.stdout.write(JSON.stringify({ counts, broken }));
