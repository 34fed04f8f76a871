import { escapeText, systemErrorText, version } from '../index.js';
import { exitCodes } from './exit.js';
import { readSettings } from './settings.js';
import { handleSignals } from './signals.js';
import { terminalOf } from './terminal.js';

/** Runs the command line in `proc`, and sets its exit code. */
export async function run(proc: NodeJS.Process): Promise<void> {
  const signals = handleSignals(proc);
  surviveBrokenOutput(proc);
  const args = proc.argv.slice(2);
  // Answered before anything is loaded: scripts ask for the version often.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    proc.stdout.write(`${version()}\n`);
    return;
  }
  const settings = readSettings(proc.env);
  for (const problem of settings.problems) proc.stderr.write(`blobcheck: ${escapeText(problem)}\n`);
  const { runProgram } = await programFor(args[0]);
  proc.exitCode = await runProgram(args, terminalOf(proc, settings, signals));
}

/** What is asked for often is a program of its own, which knows nothing else and so starts in half the time. */
function programFor(command: string | undefined) {
  switch (command) {
    case 'verify':
      return import('./programs/verify.js');
    case 'hook':
      return import('./programs/hook.js');
    default:
      return import('./programs/every.js');
  }
}

/**
 * `blobcheck … | head` closes the pipe early, and the verdict is in the exit code. A report that a full disk did not
 * take is told, and no success. What standard error does not take changes nothing.
 */
function surviveBrokenOutput(proc: NodeJS.Process): void {
  proc.stderr.on('error', () => {});
  proc.stdout.once('error', (error: NodeJS.ErrnoException) => {
    proc.stdout.on('error', () => {});
    if (error.code === 'EPIPE') return;
    proc.stderr.write(`blobcheck: standard output cannot be written: ${systemErrorText(error)}\n`);
    proc.once('exit', () => {
      proc.exitCode ||= exitCodes.unverified;
    });
  });
}
