import * as commands from '../commands.js';
import { type Definition, runCommands } from '../program.js';
import type { Terminal } from '../terminal.js';

/** In the order of `--help`. */
const everyCommand: readonly Definition[] = [
  commands.verify,
  commands.ensure,
  commands.hook,
  commands.reread,
  commands.convertible,
  commands.sealing,
  commands.seal,
  commands.status,
  commands.install,
  commands.uninstall,
  commands.inspect,
  commands.hash,
  commands.explain,
];

/** The whole command line. */
export const runProgram = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runCommands(args, terminal, everyCommand);
