/** A node whose base comes from a web server of ours, and whatever brings it back. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CocoonProgram } from '../../lib/remedy/cocoon.js';
import { type EnsureRequest, ensure } from '../../lib/remedy/ensure.js';
import type { EnsureReport } from '../../lib/report/documents.js';
import { verify } from '../../lib/verify/verify.js';
import { type BuiltRoot, buildRoot, type SnapshotSpec } from '../builders/cocoon-root.js';
import { baseBytes, overlayOn, snapshotOn } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { cocoonUnderTest, standInHypervisor } from '../support/cocoon.js';
import { type ImageServer, imageServer } from '../support/image-server.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';

/** What a test that brings a base needs. */
export const bringingNeeds = ['flock', 'qemu-img'] as const;

export interface ServedNode {
  readonly root: BuiltRoot;
  readonly state: string;
  readonly server: ImageServer;
  readonly url: string;
  /** Hex digest in the base's name. */
  readonly base: string;
  readonly blob: string;
  /** What the server has at `url`. */
  readonly source: Buffer;
  /** Options that lead a command to this node. */
  readonly options: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  ensure(request?: Partial<EnsureRequest>): Promise<EnsureReport>;
  /** The command lines that cocoon was called with, without the options before the sub-command. */
  calls(): string[][];
  verdict(): Promise<string>;
}

export interface ServedNodeSpec {
  /** What the server has; a sound image that is renamed into place if nothing else is said. */
  readonly source?: Buffer;
  /** What stands at the blob's name; what the server has if nothing else is said. */
  readonly stored?: Buffer;
  /** The record's image, if not the URL. */
  readonly image?: string;
  /** Whether the index has an entry for the image; it has. */
  readonly indexed?: boolean;
  readonly snapshot?: Partial<SnapshotSpec>;
  readonly more?: (base: string, blob: string) => readonly SnapshotSpec[];
  readonly engine?: 'json' | 'sqlite';
}

export async function servedNode(spec: ServedNodeSpec = {}): Promise<ServedNode> {
  const source = spec.source ?? baseBytes('served');
  const stored = spec.stored ?? source;
  const base = sha256(source);
  const server = await imageServer({ 'base.qcow2': source });
  const url = server.url('base.qcow2');
  const directory = temporaryDirectory();
  const blob = join(directory, 'cloudimg/blobs', `${base}.qcow2`);
  const image = spec.image ?? url;
  const root = buildRoot({
    directory,
    engine: spec.engine ?? 'json',
    images: spec.indexed === false ? [] : [{ ref: image, bytes: stored, digest: base }],
    snapshots: [
      snapshotOn('app:v1', base, blob, { image, overlay: overlayOn(blob), ...spec.snapshot }),
      ...(spec.more?.(base, blob) ?? []),
    ],
  });
  if (spec.indexed === false) writeFileSync(blob, stored, { mode: 0o444 });
  const state = temporaryDirectory();
  const log = join(temporaryDirectory(), 'calls');
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NO_COLOR: '1',
    COCOON_CH_BINARY: standInHypervisor,
    BLOBCHECK_COCOON: recorder(log),
  };
  const check = { location: root.location, stateDir: state, tool: 'test' };
  return {
    root,
    state,
    server,
    url,
    base,
    blob,
    source,
    options: ['--root-dir', directory, '--state-dir', state],
    env,
    ensure: (request = {}) =>
      ensure({ snapshots: ['app:v1'], policy: 'IfNotPresent', ...request }, { ...check, cocoon: cocoonFor(env) }),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(withoutPlaces) : []),
    verdict: async () => (await verify({ snapshots: ['app:v1'] }, check)).verdict,
  };
}

/** cocoon as the library runs it. */
export function cocoonFor(env: NodeJS.ProcessEnv): CocoonProgram {
  return { path: env.BLOBCHECK_COCOON ?? cocoonUnderTest, env, self: { node: process.execPath, program } };
}

/** A program that writes its arguments down and becomes cocoon, the stand-in or the real one. */
function recorder(log: string): string {
  const path = join(temporaryDirectory(), 'cocoon');
  const text = `#!/bin/sh\n{ printf '%s\\0' "$@"; echo; } >> '${log}'\nexec '${cocoonUnderTest}' "$@"\n`;
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

function withoutPlaces(line: string): string[] {
  const words = line.split('\0').slice(0, -1);
  return words.slice(words.findIndex((word) => word === 'image' || word === 'vm' || word === 'snapshot'));
}

/** Every file of a root but the blobs, with its content: what bringing a base must not change. */
export function otherFiles({ root, blob }: ServedNode): Record<string, string> {
  const names = readdirSync(root.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path !== blob && !path.endsWith('.lock') && !path.endsWith('memory-ranges'))
    .sort();
  return Object.fromEntries(names.map((path) => [path, sha256(readFileSync(path))]));
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
}

/** Runs a program while the server of this process answers it. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, stdout };
}

/** The command line that brings the base of `app:v1`. */
export const ensureWords = ({ options }: ServedNode) => [
  process.execPath,
  program,
  'ensure',
  'app:v1',
  '--json',
  ...options,
];

/** Nothing of ours is left in the root. */
export function scratchIsGone({ root }: ServedNode): boolean {
  return !existsSync(join(root.directory, '.blobcheck'));
}

export const outcomes = (report: EnsureReport): string[] => report.steps.map(({ outcome }) => outcome);

export const codesOf = (report: EnsureReport): string[] =>
  report.verify.snapshots.flatMap(({ findings }) => findings.map(({ code }) => code));
