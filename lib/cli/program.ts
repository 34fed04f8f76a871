import { Command, CommanderError } from 'commander';
import { BlobcheckError, escapeText, version } from '../index.js';
import { exitCodes, exitCodesHelp } from './exit.js';
import type { Terminal } from './terminal.js';

/** The command line: arguments in, exit code out. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.allow;
  const program = buildProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.allow : exitCodes.usage;
    return reportFailure(error, terminal);
  }
  return code;
}

function buildProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('blobcheck')
    .description(
      'Proves, before a clone, that the disk images a snapshot stands on are there and are what they must be.',
    )
    .version(version(), '-V, --version')
    .option('--root-dir <dir>', "cocoon's root (COCOON_ROOT_DIR; default /var/lib/cocoon)")
    .option('--config <file>', "cocoon's configuration file: JSON, YAML or TOML")
    .option('--state-dir <dir>', 'what blobcheck remembers (BLOBCHECK_STATE_DIR; default /var/lib/blobcheck)')
    .option('--json', 'print one JSON document on standard output')
    .option('--quiet', 'no progress; human output only where something is not allowed')
    .addHelpText('after', exitCodesHelp)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: (text, write) => write(`${escapeText(oneLine(text))}\n`),
    });
  addCommands(program, terminal, done);
  for (const command of program.commands)
    command.copyInheritedSettings(program).configureHelp({ showGlobalOptions: true });
  return program;
}

/** What the scripts in bin/ run, and people do not. */
const scriptsOwn = { hidden: true };

/** Each command is a module of its own, loaded only when it is asked for. */
function addCommands(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const collect = (value: string, values: readonly string[] = []) => [...values, value];
  program
    .command('verify [snapshot...]')
    .description('judge snapshots (id, name, id prefix, or a glob over names), images, or overlays outside cocoon')
    .option('--all', 'every snapshot of the root')
    .option('--image <ref...>', 'what a new VM would be started from')
    .option('--overlay <glob...>', 'qcow2 overlays outside cocoon, with --blobs')
    .option('--blobs <dir>', 'the directory of <sha256>.qcow2 files that --overlay stands on')
    .option('--max-age <days>', 'how long a full read speaks for a base that has not changed (30); 0 always reads')
    .option(
      '--direct',
      'read from the disk, past the page cache, where the file system can; --max-age says what is read',
    )
    .option('--engine <engine>', 'hash engine: native or wasm')
    .option('--allow-vm-section <name>', 'allow this section of config.json, whatever is in it (repeatable)', collect)
    .action(async (refs: string[], _options: object, command: Command) => {
      const { verifyCommand } = await import('./verify.js');
      done(await verifyCommand(refs, command.optsWithGlobals(), terminal));
    });
  program
    .command('ensure [snapshot...]')
    .description('bring the bases that are missing or wrong, then verify')
    .option('--pull-policy <policy>', 'Always, IfNotPresent or Never')
    .option('--from <file-or-url>', 'where the exact content is, if not where the image came from')
    .option('--image <ref...>', 'what a new VM would be started from, pulled into the store')
    .option('--dry-run', 'print the plan; change nothing')
    .option('--exact', 'names are names, never patterns')
    .option('--alone', 'end at once, with exit code 75, while another process ensures the same')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .option('--allow-vm-section <name>', 'allow this section of config.json, whatever is in it (repeatable)', collect)
    .action(async (refs: string[], _options: object, command: Command) => {
      const { ensureCommand } = await import('./ensure.js');
      done(await ensureCommand(refs, command.optsWithGlobals(), terminal));
    });
  program
    .command('hook [word...]', scriptsOwn)
    .description('what bin/pre-clone asks before a clone: says allow, or nothing and the reason on standard error')
    .option('--operation <operation>', 'clone, restore or run')
    .option('--pull', 'the caller wants the base brought')
    .option('--from-dir <dir>', 'a directory to clone from, in the place of a snapshot')
    .option('--run-dir <dir>', "cocoon's run directory; nothing that is judged depends on it")
    .option('--waited <seconds>', 'how much of its time the asker has spent already')
    .option('--question <text>', 'what a stamp may answer from now on, as bin/stamp.sh spells it')
    .action(async (words: string[], _options: object, command: Command) => {
      const { hookCommand } = await import('./hook.js');
      done(await hookCommand(words, command.optsWithGlobals(), terminal));
    });
  program
    .command('reread <blob...>', scriptsOwn)
    .description('read bases again whose last full read is too long ago: what is started in the background')
    .action(async (blobs: string[], _options: object, command: Command) => {
      const { rereadCommand } = await import('./reread.js');
      done(await rereadCommand(blobs, command.optsWithGlobals(), terminal));
    });
  program
    .command('convertible <file>', scriptsOwn)
    .description('whether a downloaded image names no file but itself: what qemu-img is kept from for `ensure`')
    .action(async (file: string) => {
      const { convertibleCommand } = await import('./convertible.js');
      done(await convertibleCommand(file, terminal));
    });
  program
    .command('sealing <program> [arg...]', scriptsOwn)
    .description("run cocoon's image pull or import, then seal the base images that it has brought")
    .action(async (name: string, args: string[], _options: object, command: Command) => {
      const { sealingCommand } = await import('./sealing.js');
      done(await sealingCommand([name, ...args], command.optsWithGlobals(), terminal));
    });
  program
    .command('seal [blob-or-snapshot...]')
    .description('record what a blob must be from now on; never replaces what is known')
    .option('--all', 'every blob of the store')
    .option('--replace <blob>', 'give this one blob a new seal, whatever the old one says')
    .option('--direct', 'read from the disk, past the page cache, where the file system can')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .action(async (names: string[], _options: object, command: Command) => {
      const { sealCommand } = await import('./seal.js');
      done(await sealCommand(names, command.optsWithGlobals(), terminal));
    });
  program
    .command('status')
    .description('what is known of each blob: size, basis, since when and by whom, last read, history')
    .action(async (_options: object, command: Command) => {
      const { statusCommand } = await import('./status.js');
      done(await statusCommand(command.optsWithGlobals(), terminal));
    });
  program
    .command('install')
    .description("put the guard before this node's cocoon, prove that it stands there, and seal every blob")
    .option('--vk-cocoon', 'refuse where there is no vk-cocoon.service')
    .option('--dry-run', 'print what would be done, and change nothing')
    .action(async (_options: object, command: Command) => {
      const { installCommand } = await import('./install.js');
      done(await installCommand(command.optsWithGlobals(), terminal));
    });
  program
    .command('uninstall')
    .description('remove what install wrote, and what is remembered but for the seals')
    .option('--dry-run', 'print what would be done, and change nothing')
    .action(async (_options: object, command: Command) => {
      const { uninstallCommand } = await import('./uninstall.js');
      done(await uninstallCommand(command.optsWithGlobals(), terminal));
    });
  program
    .command('inspect <file>')
    .description('print the header, extensions, tables and backing chain of a qcow2 file; judges nothing')
    .action(async (file: string, _options: object, command: Command) => {
      const { inspectCommand } = await import('./inspect.js');
      done(await inspectCommand(file, command.optsWithGlobals(), terminal));
    });
  program
    .command('hash <file...>')
    .description('print SHA-256 digests as sha256sum does')
    .option('--direct', 'read from the disk, past the page cache, where the file system can')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .action(async (files: string[], _options: object, command: Command) => {
      const { hashCommand } = await import('./hash.js');
      done(await hashCommand(files, command.optsWithGlobals(), terminal));
    });
  program
    .command('explain <code>')
    .description('what a finding means, why it matters, and how to mend it')
    .action(async (code: string, _options: object, command: Command) => {
      const { explainCommand } = await import('./explain.js');
      done(await explainCommand(code, command.optsWithGlobals(), terminal));
    });
}

/** commander puts its suggestion on a line of its own; the contract is one line that says what would be right. */
function oneLine(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, ' ');
  return line.includes('Did you mean') ? line : `${line} (see blobcheck --help)`;
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
