import { type ChildProcess, spawn } from 'node:child_process';

/** The real cocoon, and what it is given. */
export interface CocoonProgram {
  /** Absolute path. */
  readonly path: string;
  /** Its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** What it prints, as it comes. */
  readonly onOutput?: (text: Buffer) => void;
}

export type CocoonRan = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Characters of what it printed last that are kept for a message. */
const TAIL = 4096;

/** Runs cocoon with an argument vector. Interrupted, it is ended first, so that nobody works on after us. */
export function runCocoon(program: CocoonProgram, args: readonly string[]): Promise<CocoonRan> {
  const { path, env, signal, onOutput } = program;
  return new Promise((resolve) => {
    let tail = '';
    const child: ChildProcess = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environmentFor(env) });
    const end = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', end, { once: true });
    const take = (text: Buffer) => {
      onOutput?.(text);
      tail = (tail + text.toString('utf8')).slice(-TAIL);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    const done = (ran: CocoonRan) => {
      signal?.removeEventListener('abort', end);
      resolve(ran);
    };
    child.on('error', (error) => done({ ok: false, reason: `${path} does not start: ${error.message}` }));
    child.on('close', (code, killedBy) => {
      if (code === 0) done({ ok: true });
      else done({ ok: false, reason: lastWords(tail) || `it ended with ${killedBy ?? `exit code ${code}`}` });
    });
  });
}

/**
 * cocoon's own root must not shine through where a flag names another: what a flag leaves open, a variable decides. And it
 * colours what it prints into a pipe, too (seen with 0.3.8).
 */
function environmentFor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^COCOON_(ROOT|RUN|LOG)_DIR$/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

/** The line that says what went wrong: cobra's "Error: …", else the last one. */
function lastWords(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const error = lines.findLast((line) => line.startsWith('Error: '));
  return (error?.slice('Error: '.length) ?? lines.at(-1) ?? '').trim();
}
