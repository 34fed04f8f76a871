import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export interface StartOptions extends Omit<SpawnOptions, 'shell' | 'timeout'> {
  /** Milliseconds after which it is ended by SIGTERM. */
  readonly endAfterMs?: number | undefined;
}

/**
 * Starts a program with a vector of arguments, never through a shell. Where it does not start, or `options.signal` ends it,
 * `onFailed` is called: at once, and null comes back, where Node throws (without memory for a process), else later, and
 * then the child may lack the streams that were asked for.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { endAfterMs, ...options }: StartOptions,
  onFailed: (error: NodeJS.ErrnoException) => void,
): ChildProcess | null {
  let child: ChildProcess;
  try {
    child = spawn(program, args, options);
  } catch (error) {
    onFailed(error as NodeJS.ErrnoException);
    return null;
  }
  child.on('error', onFailed);
  if (endAfterMs !== undefined) endAfter(child, endAfterMs);
  return child;
}

/** Node's own `timeout` keeps us alive for all of it where the program does not start. */
function endAfter(child: ChildProcess, milliseconds: number): void {
  const timer = setTimeout(() => child.kill(), milliseconds);
  for (const end of ['exit', 'error']) child.once(end, () => clearTimeout(timer));
}
