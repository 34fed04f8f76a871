import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary.js';

export const scripts = ['settings.sh', 'cocoon-arguments.sh', 'stamp.sh', 'pre-clone', 'cocoon-guard'] as const;
export const bin = fileURLToPath(new URL('../../bin', import.meta.url));

export interface Shell {
  readonly name: string;
  /** The words after it that make a POSIX shell of it. */
  readonly word: string;
}

/** The shells that a node's /bin/sh may be. */
export const shells: readonly Shell[] = [
  { name: 'dash', word: '' },
  { name: 'busybox', word: ' sh' },
  { name: 'bash', word: ' --posix' },
];

function pathOf(program: string): string {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).stdout.trim();
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
  /** The program that is started; the guard when nothing is said. */
  readonly program?: string;
  /** Words before the program, for instance those that put it into a namespace. */
  readonly before?: readonly string[];
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments that the node program was given, or null when it was not asked. */
  readonly asked: readonly string[] | null;
  /** Those that the real cocoon was given, or null when it did not run. */
  readonly ran: readonly string[] | null;
}

const stubProgram = `
directory=$(dirname "$0")/..
printf '%s\\0' "$@" >>"$directory/asked"
echo 'the program explains' >&2
if [ "$1" = sealing ]; then
  while [ "$1" != -- ]; do shift; done
  shift
  "$@"
  exit
fi
bc_test_end() {
  case $? in
    0) cat "$directory/answer" ;;
  esac
}
trap bc_test_end EXIT
. "$directory/verdict"
`;

const stubCocoon = `#!/bin/sh
directory=\${0%/*}/..
cat "/proc/$$/environ" >"$directory/environment"
ls -l "/proc/$$/fd" >"$directory/descriptors"
printf '%s' "$PWD" >"$directory/cwd"
[ "$#" -eq 0 ] || printf '%s\\0' "$@" >"$directory/ran"
: >>"$directory/ran"
. "$directory/cocoon-does"
`;

/** A copy of `bin/` in which a stub stands in the program's place, run by one shell, and a stub of cocoon. */
export class GuardedNode {
  readonly directory = temporaryDirectory();
  readonly guard = join(this.directory, 'bin/cocoon-guard');
  readonly preClone = join(this.directory, 'bin/pre-clone');
  readonly cocoon = join(this.directory, 'real/cocoon');
  readonly interpreter: string;

  constructor(shell: Shell) {
    this.interpreter = pathOf(shell.name) + shell.word;
    chmodSync(this.directory, 0o755);
    for (const name of ['bin', 'real', 'true']) mkdirSync(join(this.directory, name));
    for (const name of scripts) {
      const text = readFileSync(join(bin, name), 'utf8').replace(/^#!.*/, `#!${this.interpreter}`);
      this.write(`bin/${name}`, text, 0o755);
    }
    this.write('bin/blobcheck', stubProgram);
    this.write('real/cocoon', stubCocoon, 0o755);
    this.verdict('exit 0');
    this.write('answer', 'allow\n');
    this.cocoonDoes('exit 0');
  }

  write(name: string, text: string, mode = 0o644): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  copyGuard(name: string): string {
    const path = join(this.directory, name);
    copyFileSync(this.guard, path);
    return path;
  }

  /** How the program ends, in shell. */
  /** What the program says on standard output when it ends with 0. */
  answer(text: string): void {
    this.write('answer', text);
  }

  verdict(text: string): void {
    this.write('verdict', text);
  }

  cocoonDoes(text: string): void {
    this.write('cocoon-does', text);
  }

  environment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: '/usr/bin:/bin',
      BLOBCHECK_COCOON: this.cocoon,
      BLOBCHECK_NODE: '/bin/sh',
      BLOBCHECK_STATE_DIR: join(this.directory, 'state'),
      ...env,
    };
  }

  run(args: readonly string[], options: RunOptions = {}): Outcome {
    for (const name of ['asked', 'ran']) rmSync(join(this.directory, name), { force: true });
    const [command, ...words] = [...(options.before ?? []), options.program ?? this.guard, ...args];
    const run = spawnSync(command ?? '', words, {
      encoding: 'utf8',
      // Node hands it to whatever it starts, and the guard's caller has none.
      env: { ...this.environment(options.env), NODE_V8_COVERAGE: undefined },
      input: options.input ?? '',
      cwd: options.cwd ?? this.directory,
    });
    const { status, signal, stdout, stderr } = run;
    // What a stamp would answer is no part of the contract (stamps have tests of their own).
    const asked = this.words('asked')?.filter((word) => !word.startsWith('--question=')) ?? null;
    return { status, signal, stdout, stderr, asked, ran: this.words('ran') };
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }

  private words(name: string): readonly string[] | null {
    return existsSync(join(this.directory, name)) ? this.read(name).split('\0').slice(0, -1) : null;
  }
}
