import { verify } from '../commands.js';
import { runCommands } from '../program.js';
import type { Terminal } from '../terminal.js';

/** `blobcheck verify` alone: it is asked for often, and its bundle is a third of the whole one. */
export const runProgram = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runCommands(args, terminal, [verify]);
