import type { ChildProcess } from 'node:child_process';
import { packageFile } from '../package-file.js';
import { startProgram } from '../start-program.js';
import { systemProgram } from '../system-program.js';
import { lineReader } from './lines.js';

/** The real cocoon, and what it is given. */
export interface CocoonProgram {
  /** Absolute path. */
  readonly path: string;
  /** Its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** A line of what it prints; progress that it would write over is told now and then. Not escaped. */
  readonly onLine?: (line: string) => void;
  /** What runs our own program, which looks at an image before it is converted. */
  readonly self: { readonly node: string; readonly program: string };
}

/** Why there is none: then only a copy can bring anything. */
export interface NoCocoon {
  readonly problem: string;
}

export type CocoonRan = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Lines of what it printed last that are kept for a message. */
const KEPT_LINES = 20;

/**
 * Milliseconds of silence after which a download counts as dead: cocoon tells of every MiB, and converts 20 GiB, the most
 * that it downloads, in less.
 */
const SILENCE_MS = 15 * 60 * 1000;

/** Run by a cocoon that finds our qemu-img first. */
const guardDirectory = packageFile('bin/qemu-img-guard');

/** Of util-linux; without it nothing ends cocoon when we are killed, and it brings the image all the same. */
const setpriv = systemProgram('setpriv');

/**
 * Runs cocoon with an argument vector; `mark` is a file that is there afterwards if an image was converted under our eyes.
 * Interrupted, it is ended first, so that nobody works on after us.
 */
export async function runCocoon(program: CocoonProgram, args: readonly string[], mark: string): Promise<CocoonRan> {
  const { path, signal, onLine } = program;
  if (guardDirectory.includes(':')) {
    return { ok: false, reason: `PATH cannot hold ${guardDirectory}: install blobcheck where no colon is in its name` };
  }
  return await new Promise((resolve) => {
    const kept: string[] = [];
    // Where we are killed, the kernel ends it for us: it would go on downloading into a file that has no name.
    const [command = path, ...words] = [
      ...(setpriv === null ? [] : [setpriv, '--pdeathsig', 'TERM', '--']),
      path,
      ...args,
    ];
    let child: ChildProcess | null = null;
    let reason: string | null = null;
    const end = (why: string) => {
      reason ??= why;
      child?.kill('SIGTERM');
    };
    const interrupt = () => end('interrupted');
    signal?.addEventListener('abort', interrupt, { once: true });
    const silence = setTimeout(() => end(`nothing came for ${SILENCE_MS / 60_000} minutes`), SILENCE_MS);
    const done = (ran: CocoonRan) => {
      clearTimeout(silence);
      signal?.removeEventListener('abort', interrupt);
      resolve(ran);
    };
    const read = lineReader((line) => {
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      onLine?.(line);
    });
    child = startProgram(
      command,
      words,
      { stdio: ['ignore', 'pipe', 'pipe'], env: environmentFor(program, mark) },
      (error) => done({ ok: false, reason: `${command} does not start: ${error.message}` }),
    );
    for (const stream of [child?.stdout, child?.stderr]) {
      stream?.on('data', (text: Buffer) => {
        silence.refresh();
        read(text);
      });
    }
    child?.on('close', (code, killedBy) => {
      if (code === 0 && reason === null) done({ ok: true });
      else
        done({ ok: false, reason: reason ?? (lastWords(kept) || `it ended with ${killedBy ?? `exit code ${code}`}`) });
    });
  });
}

/**
 * cocoon's own root must not shine through where a flag names another: what a flag leaves open, a variable decides. It
 * colours what it prints into a pipe, too (seen with 0.3.8). And the qemu-img that it finds is one that follows nothing.
 */
function environmentFor({ env, self }: CocoonProgram, mark: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^COCOON_(ROOT|RUN|LOG)_DIR$/.test(name));
  const path = env.PATH ?? '/usr/bin:/bin';
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: '1',
    PATH: `${guardDirectory}:${path}`,
    BLOBCHECK_GUARD_MARK: mark,
    BLOBCHECK_GUARD_PATH: path,
    BLOBCHECK_GUARD_NODE: self.node,
    BLOBCHECK_GUARD_PROGRAM: self.program,
  };
}

/** The line that says what went wrong: cobra's "Error: …", else the last one. */
function lastWords(lines: readonly string[]): string {
  const error = lines.findLast((line) => line.startsWith('Error: '));
  return (error?.slice('Error: '.length) ?? lines.at(-1) ?? '').trim();
}
