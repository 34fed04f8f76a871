/** read-only-child.ts: what commands say where the state directory, or the root, is mounted read-only; in a namespace. */

import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseBytes } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { beforeFault, brokenInvariants, brokenNext } from './invariants.js';
import { troubledNode } from './troubled-node.js';

const node = await troubledNode();
const [from, lost] = [join(temporaryDirectory(), 'image'), node.blobOf('lost:v1')];
const good = baseBytes('lost');
writeFileSync(from, good);
const answers: unknown[] = [];
const broken: string[] = [];
const printed = '';
for (const directory of [node.state, node.root.directory]) {
  for (const command of [
    ['verify', '--all'],
    ['verify', '--all', '--max-age', '0'],
    ['seal', 'unsealed:v1'],
    ['ensure', '--from', from, 'lost:v1'],
  ]) {
    // Nothing of the root is written for it.
    if (directory === node.root.directory && command[0] === 'seal') continue;
    node.reset(false);
    rmSync(lost, { force: true });
    const before = await beforeFault(node);
    execFileSync('mount', ['--bind', directory, directory]);
    execFileSync('mount', ['-o', 'remount,bind,ro', directory]);
    const words = [program, ...command, '--json', ...node.options];
    const ended = spawnSync(process.execPath, words, { encoding: 'utf8', env: { PATH: process.env.PATH } });
    execFileSync('umount', [directory]);
    const what = `${command.slice(0, 3).join(' ')}, ${directory === node.state ? 'state' : 'root'} read-only`;
    const isBrought = command[0] === 'ensure' && directory === node.state;
    const verdicts = new Map(node.verdicts).set('lost:v1', isBrought ? 'allow' : 'deny');
    const found = await brokenInvariants(before, {
      ended,
      asked: { verdicts, printed },
      ...(isBrought ? { writable: new Map([[lost, [sha256(good)]]]) } : {}),
      next: () => brokenNext({ ...node, verdicts }),
    });
    broken.push(...found.map((text) => `${what}: ${text}`));
    const document = JSON.parse(ended.stdout);
    const { findings = [], blobs = [], steps = [], verify = null } = document;
    const codes = [
      ...findings,
      ...(verify?.findings ?? []),
      ...blobs.flatMap(findingsOf),
      ...steps.flatMap(findingsOf),
    ];
    answers.push([
      command[0],
      directory === node.state ? 'state' : 'root',
      ended.status,
      codes.map(({ code }) => code),
    ]);
  }
}
process.stdout.write(JSON.stringify({ answers, broken }));

function findingsOf({ findings }: { readonly findings: readonly { readonly code: string }[] }) {
  return findings;
}
