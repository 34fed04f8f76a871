import { realpath } from 'node:fs/promises';
import { BlobcheckError, escapeText, type HashReport, hashFile, systemErrorText } from '../index.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { engineOption } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

interface HashCommandOptions extends GlobalOptions {
  readonly engine?: string;
}

/** `blobcheck hash FILE…`: the lines of `sha256sum`, so that `sha256sum -c` reads them. */
export async function hashCommand(
  files: readonly string[],
  options: HashCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const engine = engineOption(options.engine);
  const progress = progressOn(terminal, options.quiet === true);
  const results: HashReport['files'][number][] = [];
  for (const path of files) {
    try {
      const onProgress = (done: number, total: number) => progress.update(path, done, total);
      // As sha256sum does; hashFile itself follows no link.
      const hashed = await hashFile(await realpath(path), { engine, signal: terminal.signal, onProgress });
      const error = hashed.changed === null ? null : 'it changed while it was being read';
      const digest = error === null ? `sha256:${hashed.digest}` : null;
      results.push({ path, digest, bytes: hashed.bytes, seconds: hashed.seconds, error });
    } catch (error) {
      results.push({ path, digest: null, bytes: null, seconds: null, error: reason(error) });
    }
  }
  progress.stop();
  if (options.json) {
    const document: HashReport = { schema: 'blobcheck/hash/v1', engine, files: results };
    terminal.out(`${JSON.stringify(document)}\n`);
  } else {
    terminal.out(results.map((file) => (file.digest === null ? '' : sumLine(file.digest, file.path))).join(''));
    for (const file of results) {
      if (file.error !== null) terminal.err(`blobcheck: ${escapeText(file.path)}: ${escapeText(file.error)}\n`);
    }
  }
  return results.every((file) => file.error === null) ? exitCodes.allow : exitCodes.unverified;
}

function reason(error: unknown): string {
  return error instanceof BlobcheckError ? error.message : systemErrorText(error);
}

/** coreutils marks a name with a backslash or a line break by a leading backslash and escapes both. */
function sumLine(digest: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${digest.slice('sha256:'.length)}  ${escaped}\n`;
}
