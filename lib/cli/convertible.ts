import { escapeText, whyNotConvertible } from '../index.js';
import { exitCodes } from './exit.js';
import type { Terminal } from './terminal.js';

/** `blobcheck convertible FILE`: what bin/qemu-img-guard asks before cocoon converts what a URL served. */
export async function convertibleCommand(file: string, terminal: Terminal): Promise<number> {
  const reason = await whyNotConvertible(file);
  if (reason === null) {
    // A program that was cut short ends with 0, too: bin/qemu-img-guard wants the word.
    terminal.out('convertible\n');
    return exitCodes.allow;
  }
  terminal.err(`blobcheck: this image is not converted: ${escapeText(reason)}\n`);
  return exitCodes.deny;
}
