import { escapeText, version } from '../index.js';
import { outputOf } from './output.js';
import { readSettings } from './settings.js';
import { handleSignals } from './signals.js';
import { terminalOf } from './terminal.js';

/** Runs the command line in `proc`, and sets its exit code. */
export async function run(proc: NodeJS.Process): Promise<void> {
  const signals = handleSignals(proc);
  const output = outputOf(proc);
  const args = proc.argv.slice(2);
  // Answered before anything is loaded: scripts ask for the version often.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    output.out(`${version()}\n`);
    return;
  }
  const settings = readSettings(proc.env);
  for (const problem of settings.problems) output.err(`blobcheck: ${escapeText(problem)}\n`);
  const { runProgram } = await programFor(args[0]);
  proc.exitCode = await runProgram(args, terminalOf(proc, output, settings, signals));
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
