import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { type InstallableNode, installableNode, nodeNeeds } from '../install/node.js';
import { temporaryDirectory } from '../support/temporary.js';
import type { Call } from './calls.js';
import { asEnded, type Trial, tryFaults } from './campaign.js';
import { isOurs } from './faults-of.js';
import { brokenFiles, filesOf } from './files-of.js';
import { type Fault, runTracedInside, type TracedRun } from './traced.js';

const test = suite('install and uninstall under faults');

const needs = [...nodeNeeds, 'strace', 'tracing', 'receipts'];
const dropIn = '/etc/systemd/system/vk-cocoon.service.d/zz-blobcheck.conf';
const environment = '/etc/blobcheck/guard.env';
const ours = [dropIn, environment, '/etc/blobcheck/blobcheck.conf'];

/** A command that changes a node, and the node before it. */
interface Change {
  readonly command: 'install' | 'uninstall';
  readonly node: InstallableNode;
  /** What is ours when it is done; null of what must not be there. */
  readonly wanted: ReadonlyMap<string, string | null>;
  /** Of the store; what a self-test could not remove of its own lies beside them. */
  readonly seals: readonly string[];
}

async function installing(): Promise<Trial> {
  const node = installableNode();
  const bare = kept(node);
  node.run(['install']);
  return trialOf({ command: 'install', node, wanted: textsOf(node), seals: [...sealsOf(node).keys()] }, bare);
}

async function uninstalling(): Promise<Trial> {
  const node = installableNode();
  node.run(['install']);
  const installed = kept(node);
  const wanted = new Map(ours.map((path) => [path, null]));
  return trialOf({ command: 'uninstall', node, wanted, seals: [...sealsOf(node).keys()] }, installed);
}

tryFaults(test, { name: 'install', quick: 6, needs }, installing);
tryFaults(test, { name: 'uninstall', quick: 6, needs }, uninstalling);

/** Where the two commands and the stubs of this node write. */
const written = ['etc', 'var-lib/blobcheck', 'loaded'];

/** Makes the node again what it is now. */
function kept(node: InstallableNode): () => void {
  const place = node.at('/');
  const copy = temporaryDirectory();
  const copyAll = (from: string, to: string) => {
    for (const name of written) {
      rmSync(join(to, name), { recursive: true, force: true });
      if (!existsSync(join(from, name))) continue;
      cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
    }
  };
  copyAll(place, copy);
  return () => copyAll(copy, place);
}

const textsOf = (node: InstallableNode) => new Map(ours.map((path) => [path, textOf(node, path)]));

function textOf(node: InstallableNode, path: string): string | null {
  return existsSync(node.at(path)) ? node.read(path) : null;
}

function trialOf(change: Change, reset: () => void): Trial {
  const { command, node } = change;
  return {
    run: async (fault) => {
      reset();
      const files = filesOf(node.at('/var/lib/cocoon'));
      const [before, seals] = [textsOf(node), sealsOf(node)];
      const through = (strace: readonly string[]) => node.command([command, '--json'], { through: strace }).words;
      const ran = await runTracedInside(through, node.command([]).env, fault);
      const broken = [
        ...brokenEnd(node, ran, fault),
        ...brokenGate(change, before, ran),
        ...brokenFiles(node.at('/var/lib/cocoon'), files, new Map()),
        ...[...seals]
          .filter(([path, text]) => sealsOf(node).get(path) !== text)
          .map(([path]) => `${path} is not as it was`),
        ...brokenNext(change),
      ];
      return { ran, broken };
    },
  };
}

function brokenEnd(node: InstallableNode, ran: TracedRun, fault: Fault | null): readonly string[] {
  const { status, signal, hangs, stdout, stderr, injected } = ran;
  if (hangs) return ['it hangs'];
  // What Node asks for itself, or before it runs anything of ours, ends it in its own way.
  if (status === 134 && injected.some((call) => !isOurs(call) || call.name === 'pipe2')) return [];
  if (injected.some((call) => isOfStart(node, call)) && stdout === '') return [];
  const may = [0, 1, 3, ...(asEnded[fault?.what ?? ''] ?? [])];
  const stack = /^\s+at .*:\d+:\d+\)?$/m.exec(stderr)?.[0];
  return [
    ...(may.includes(signal ?? status ?? 0) ? [] : [`it ends with ${signal ?? status}`]),
    ...(stack === undefined ? [] : [`a stack trace: ${stack}`]),
    ...(stdout + stderr === '' && status !== null && status < 128 && status > 0 ? ['it fails and says nothing'] : []),
  ];
}

/** About OpenSSL's settings, the program, or the way to it. */
function isOfStart(node: InstallableNode, { paths }: Call): boolean {
  const pack = dirname(dirname(node.guard));
  const isOnTheWay = (path: string) => `${pack}/`.startsWith(`${path}/`) || path.startsWith(`${pack}/bin`);
  return paths.some((path) => path.startsWith('/etc/ssl/') || isOnTheWay(path));
}

/** Each file is the old one or the new one, no unit names a file that is not there, and what is said to be done is done. */
function brokenGate({ node, wanted }: Change, before: ReadonlyMap<string, string | null>, ran: TracedRun) {
  const now = textsOf(node);
  const torn = ours.filter((path) => ![before.get(path), wanted.get(path)].includes(now.get(path)));
  const undone = ours.filter((path) => now.get(path) !== wanted.get(path));
  return [
    ...torn.map((path) => `${path} is neither as it was nor as it must be`),
    ...(now.get(dropIn) !== null && now.get(environment) === null ? ['a unit names a file that is not there'] : []),
    ...(ran.status === 0 ? undone.map((path) => `FALSE ALLOW: all is said to be well, and not so is ${path}`) : []),
  ];
}

function sealsOf(node: InstallableNode): ReadonlyMap<string, string> {
  const directory = node.at('/var/lib/blobcheck/seals');
  if (!existsSync(directory)) return new Map();
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** The next run, which nobody troubles, ends the job and leaves nothing of the one before. */
function brokenNext({ command, node, wanted, seals }: Change): readonly string[] {
  const { status, report } = node.json([command]);
  const now = textsOf(node);
  const known = new Set(ours.map((path) => node.at(path)));
  const more = [...filesOf(node.at('/etc')).entries()].filter(
    ([path, is]) => !known.has(path) && !is.startsWith('directory'),
  );
  return [
    ...(status === 0 ? [] : [`the next run ends with ${status}: ${JSON.stringify(report.steps.at(-1))}`]),
    ...ours.filter((path) => now.get(path) !== wanted.get(path)).map((path) => `the next run does not mend ${path}`),
    ...more.map(([path]) => `the next run leaves ${path}`),
    ...seals.filter((name) => !sealsOf(node).has(name)).map((name) => `the next run has no ${name}`),
  ];
}

test.run();
