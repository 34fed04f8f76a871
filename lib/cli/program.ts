import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { BlobcheckError, escapeText, version } from '../index.js';
import { exitCodes, exitCodesHelp } from './exit.js';
import type { Terminal } from './terminal.js';

/** What a command is given: where it is added, what it may use, and whom it tells its exit code. */
export interface CommandPlace {
  readonly program: Command;
  readonly terminal: Terminal;
  done(code: number): void;
}

/** Adds one command to the command line. */
export type Definition = (place: CommandPlace) => void;

/** The command line: arguments in, exit code out. It knows the commands of `definitions` and no other. */
export async function runCommands(
  args: readonly string[],
  terminal: Terminal,
  definitions: readonly Definition[],
): Promise<number> {
  let code: number = exitCodes.allow;
  const program = buildProgram(terminal);
  const done = (result: number) => {
    code = result;
  };
  for (const define of definitions) define({ program, terminal, done });
  for (const command of program.commands) {
    command
      .copyInheritedSettings(program)
      .configureHelp({ showGlobalOptions: true })
      .configureOutput({ outputError: errorOutput(`blobcheck ${command.name()} --help`) });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.allow : exitCodes.usage;
    return reportFailure(error, terminal);
  }
  return code;
}

function buildProgram(terminal: Terminal): Command {
  return new Command('blobcheck')
    .description(
      'Proves, before a clone, that the disk images a snapshot stands on are there and are what they must be.',
    )
    .version(version(), '-V, --version')
    .option('--root-dir <dir>', "cocoon's root (COCOON_ROOT_DIR; default /var/lib/cocoon)")
    .option('--run-dir <dir>', "where cocoon's virtual machines run (COCOON_RUN_DIR; default /var/lib/cocoon/run)")
    .option('--config <file>', "cocoon's configuration file: JSON, YAML or TOML")
    .option('--state-dir <dir>', 'what blobcheck remembers (BLOBCHECK_STATE_DIR; default /var/lib/blobcheck)')
    .option('--json', 'print one JSON document on standard output')
    .option('--quiet', 'no progress; human output only where something is not allowed')
    .addHelpText('afterAll', exitCodesHelp)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: errorOutput('blobcheck --help'),
    });
}

/** commander puts its suggestion on a line of its own; the contract is one line that says what would be right. */
function errorOutput(help: string): NonNullable<OutputConfiguration['outputError']> {
  return (text, write) => {
    const line = text.trim().replace(/\s*\n\s*/g, ' ');
    write(`${escapeText(line.includes('Did you mean') ? line : `${line} (see ${help})`)}\n`);
  };
}

/** An error that no command turned into a finding: one line, never a stack. */
function reportFailure(error: unknown, terminal: Terminal): number {
  if (error instanceof BlobcheckError && error.code === 'usage') {
    terminal.err(`error: ${escapeText(error.message)}\n`);
    return exitCodes.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  const ours = error instanceof BlobcheckError ? error : null;
  const path = ours?.path ? `${ours.path}: ` : '';
  const hint = ours?.hint ? ` (${ours.hint})` : '';
  terminal.err(`blobcheck: ${escapeText(path + message + hint)}\n`);
  return exitCodes.unverified;
}
