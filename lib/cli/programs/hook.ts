import { hook } from '../commands.js';
import { runCommands } from '../program.js';
import type { Terminal } from '../terminal.js';

/** `blobcheck hook` alone: it stands before every clone whose stamp does not answer. */
export const runProgram = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runCommands(args, terminal, [hook]);
