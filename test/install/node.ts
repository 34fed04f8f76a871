/** A node to install on: /etc, /var/lib and /run of its own, with systemd, sudo and cocoon as stubs. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstallReport, InstallStep } from '../../lib/report/documents.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { baseBytes } from '../builders/small-node.js';
import type { Ran } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

export const nodeNeeds = ['mount-namespace', 'flock'] as const;

export interface InstallableNode {
  /** The package that is installed. */
  readonly guard: string;
  readonly cocoon: string;
  /** A file of the node, as a path outside of it. */
  at(path: string): string;
  read(path: string): string;
  write(path: string, text: string): void;
  /** What is in the node's /etc and state directory, but for what was there before. */
  listing(): readonly string[];
  /** What the stubs were called with since the node was made. */
  log(): string;
  /** What `run` starts. */
  command(
    args: readonly string[],
    options?: RunOptions,
  ): { readonly words: readonly string[]; readonly env: NodeJS.ProcessEnv };
  run(args: readonly string[], options?: RunOptions): Ran;
  json(args: readonly string[], options?: RunOptions): { status: number | null; report: InstallReport };
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The environment of the running process of vk-cocoon, `NAME=value` each. */
  readonly running?: readonly string[];
  /** Commands of sh in the node, before blobcheck. */
  readonly before?: string;
  /** Words before those that start blobcheck. */
  readonly through?: readonly string[];
}

export interface NodeSpec {
  readonly systemd?: boolean;
  /** Unit → properties as `systemctl show` prints them. */
  readonly units?: Readonly<Record<string, string>>;
}

/** vk-cocoon's unit as it is shipped: its own environment file comes before every drop-in. */
export const vkUnit = 'EnvironmentFiles=/etc/cocoon/vk-cocoon.env (ignore_errors=yes)\nUser=root\n';

export function installableNode({ systemd = true, units = { 'vk-cocoon.service': vkUnit } }: NodeSpec = {}) {
  const place = temporaryDirectory();
  for (const name of ['etc', 'var-lib', 'run', 'bin', 'units', 'running', 'tmp']) mkdirSync(join(place, name));
  if (systemd) mkdirSync(join(place, 'run/systemd/system'), { recursive: true });
  for (const [name, text] of Object.entries(units)) writeFileSync(join(place, 'units', name), text);
  writeFileSync(join(place, 'sudoers'), '');
  for (const name of ['systemctl', 'sudo', 'cocoon']) stub(place, name);
  const image = { ref: 'https://images.example.com/base.qcow2', bytes: baseBytes('base') };
  buildRoot({ directory: join(place, 'var-lib/cocoon'), root: '/var/lib/cocoon', images: [image] });
  return nodeIn(place, packageIn(join(place, 'package')));
}

/** Puts a program of the node in its `bin`, which stands first in PATH. */
export function stub(place: string, name: string): void {
  const text = readFileSync(join(project, 'test/install/stubs', name), 'utf8').replaceAll('PLACE', place);
  writeFileSync(join(place, 'bin', name), text, { mode: 0o755 });
}

/** The built package, in a place of its own: tests change it. */
function packageIn(place: string): string {
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(project, name), join(place, name), { recursive: true });
  }
  symlinkSync(join(project, 'node_modules'), join(place, 'node_modules'));
  return place;
}

const script = `
place=$0; before=$1; running=$2; shift 2
mount --bind "$place/etc" /etc && mount --bind "$place/var-lib" /var/lib && mount --bind "$place/run" /run || exit 99
eval "$before" || exit 98
if [ -n "$running" ]; then
  mkfifo "$place/started"
  env -i $running sh -c 'echo > "$1"; exec sleep 1000' sh "$place/started" &
  read -r _ < "$place/started"
  rm "$place/started"
  echo $! > "$place/running/vk-cocoon.service"
fi
"$@"
status=$?
[ -z "$running" ] || { kill $!; rm "$place/running/vk-cocoon.service"; }
exit $status
`;

function nodeIn(place: string, pack: string): InstallableNode {
  const at = (path: string) => join(place, path.replace(/^\/var\/lib/, 'var-lib'));
  const command = (args: readonly string[], { env = {}, running = [], before = '', through = [] }: RunOptions = {}) => {
    const argv = [...through, process.execPath, join(pack, 'bin/blobcheck'), ...args];
    const enter = ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, place, before, running.join(' ')];
    const path = `${join(place, 'bin')}:${process.env.PATH}`;
    return { words: [...enter, ...argv], env: { PATH: path, TMPDIR: join(place, 'tmp'), NO_COLOR: '1', ...env } };
  };
  const run = (args: readonly string[], options: RunOptions = {}): Ran => {
    const { words, env } = command(args, options);
    const [file = '', ...rest] = words;
    const result = spawnSync(file, rest, { encoding: 'utf8', env, cwd: '/' });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    guard: join(pack, 'bin/cocoon-guard'),
    cocoon: join(place, 'bin/cocoon'),
    at,
    read: (path) => readFileSync(at(path), 'utf8'),
    write: (path, text) => {
      mkdirSync(join(at(path), '..'), { recursive: true });
      writeFileSync(at(path), text);
    },
    listing: () =>
      [
        ...readdirSync(at('/etc'), { recursive: true, encoding: 'utf8' }).map((name) => join('/etc', name)),
        ...(existsSync(at('/var/lib/blobcheck'))
          ? readdirSync(at('/var/lib/blobcheck'), { recursive: true, encoding: 'utf8' })
          : []
        ).map((name) => join('/var/lib/blobcheck', name)),
      ].sort(),
    log: () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : ''),
    command,
    run,
    json: (args, options) => {
      const { status, stdout, stderr } = run([...args, '--json'], options);
      if (stdout === '') throw new Error(`nothing on standard output, ${status}: ${stderr}`);
      return { status, report: JSON.parse(stdout) };
    },
  };
}

/** The steps of an outcome, as `step subject: message`. */
export function stepsOf(report: InstallReport, outcome: InstallStep['outcome']): readonly string[] {
  const steps = report.steps.filter((step) => step.outcome === outcome);
  return steps.map(({ step, subject, message }) => `${step} ${subject ?? '-'}: ${message}`);
}
