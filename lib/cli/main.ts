import { version } from '../index.js';
import { exitCodes } from './exit.js';
import { terminalOf } from './terminal.js';

/** Runs the command line in `proc`, and sets its exit code. */
export async function run(proc: NodeJS.Process): Promise<void> {
  const abort = new AbortController();
  // Standard output is written in one piece at the end, so an interrupted run has printed nothing there.
  proc.once('SIGINT', () => stop(proc, abort, exitCodes.interrupted));
  proc.once('SIGTERM', () => stop(proc, abort, exitCodes.terminated));
  proc.stdout.on('error', ignoreClosedPipe);
  const args = proc.argv.slice(2);
  // Answered before anything is loaded: scripts ask for the version often.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    proc.stdout.write(`${version()}\n`);
    return;
  }
  const { runProgram } = await import('./program.js');
  proc.exitCode = await runProgram(args, terminalOf(proc, abort.signal));
}

function stop(proc: NodeJS.Process, abort: AbortController, code: number): void {
  abort.abort();
  proc.exit(code);
}

/** `blobcheck … | head` closes the pipe early; the verdict is in the exit code. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
