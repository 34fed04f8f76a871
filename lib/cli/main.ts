import { escapeText, version } from '../index.js';
import { loadAndKeepCode, loadProgram, type ProgramName } from './load-program.js';
import { outputOf } from './output.js';
import { readSettings } from './settings.js';
import { handleSignals } from './signals.js';
import { terminalOf } from './terminal.js';

/** Runs the command line in `proc`, and sets its exit code. `keepCode` is what the build asks for. */
export async function run(proc: NodeJS.Process, keepCode = false): Promise<void> {
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
  const name = programFor(args[0]);
  const { runProgram } = keepCode ? loadAndKeepCode(name, proc) : loadProgram(name);
  proc.exitCode = await runProgram(args, terminalOf(proc, output, settings, signals));
}

/** What is asked for often is a program of its own, which knows nothing else and so starts in half the time. */
function programFor(command: string | undefined): ProgramName {
  return command === 'verify' || command === 'hook' ? command : 'every';
}
