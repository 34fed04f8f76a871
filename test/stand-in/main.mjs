/**
 * A stand-in for cocoon 0.3.8 on a root with JSON indexes: what it does to files, to locks and to its output is what the
 * real one does (test/e2e compares the two); it starts no virtual machine, but opens the disks that a hypervisor would.
 *
 *   STAND_IN_LOG    a file that gets one line, the arguments as JSON, for each run
 *   STAND_IN_FAIL   `<step>:<how>`, see failures.mjs
 */
import { appendFileSync } from 'node:fs';
import { parseCommandLine } from './command-line.mjs';
import { rootCommand } from './commands.mjs';
import { Failure } from './failure.mjs';
import { helpOf, usageOf } from './help.mjs';
import { makeLogger } from './log.mjs';
import { resolveSettings } from './settings.mjs';
import { interruption } from './signals.mjs';

export async function run({ argv, env }) {
  const args = argv.slice(2);
  if (env.STAND_IN_LOG) appendFileSync(env.STAND_IN_LOG, `${JSON.stringify(args)}\n`);
  try {
    await dispatch(args, env);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`Error: ${error.message}\n${error.hint ?? ''}`);
    process.exitCode = 1;
  }
}

async function dispatch(args, env) {
  const parsed = parseCommandLine(rootCommand, args);
  if (parsed.kind === 'help') {
    process.stdout.write(helpOf(parsed.command));
    return;
  }
  if (parsed.kind === 'unknown-topic') {
    const topics = parsed.words.map((word) => `\`${word}\``).join(' ');
    process.stderr.write(`Unknown help topic [${topics}]\n${usageOf(rootCommand)}`);
    return;
  }
  const { command, flags, changed, words } = parsed;
  const conf = await resolveSettings(flags, changed, env);
  const log = makeLogger(conf.logLevel, env);
  const runCommand = await command.load();
  await runCommand({ conf, log, flags, changed, words, env, signal: interruption() });
}
