import { realpath } from 'node:fs/promises';
import {
  BlobcheckError,
  escapeText,
  type HashReport,
  hashFile,
  mapAtOnce,
  mostReaders,
  readFromText,
  systemErrorText,
} from '../index.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { engineOption } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

interface HashCommandOptions extends GlobalOptions {
  readonly engine?: string;
  readonly direct?: boolean;
}

type Hashed = HashReport['files'][number];

/** `blobcheck hash FILE…`: the lines of `sha256sum`, so that `sha256sum -c` reads them. */
export async function hashCommand(
  files: readonly string[],
  options: HashCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const engine = engineOption(options.engine);
  const { direct = false, quiet = false } = options;
  const progress = progressOn(terminal, quiet);
  const hashOne = async (path: string): Promise<Hashed> => {
    try {
      const onProgress = (done: number, total: number) => progress.update(path, done, total);
      // As sha256sum does; hashFile itself follows no link.
      const hashed = await hashFile(await realpath(path), { engine, direct, signal: terminal.signal, onProgress });
      const { bytes, readFrom, seconds, changed } = hashed;
      const error = changed === null ? null : 'it changed while it was being read';
      return { path, digest: error === null ? `sha256:${hashed.digest}` : null, bytes, readFrom, seconds, error };
    } catch (error) {
      return { path, digest: null, bytes: null, readFrom: null, seconds: null, error: reason(error) };
    }
  };
  // One more is open than is read, so that no core waits for a file to be opened.
  const results = await mapAtOnce(files, mostReaders + 1, hashOne);
  progress.stop();
  if (options.json) {
    const document: HashReport = { schema: 'blobcheck/hash/v1', engine, files: [...results] };
    terminal.out(`${JSON.stringify(document)}\n`);
  } else {
    terminal.out(results.map((file) => (file.digest === null ? '' : sumLine(file.digest, file.path))).join(''));
    for (const file of results) tell(file, direct && !quiet, terminal);
  }
  return results.every((file) => file.error === null) ? exitCodes.allow : exitCodes.unverified;
}

/** What the lines of `sha256sum` have no room for. */
function tell({ path, error, readFrom }: Hashed, direct: boolean, terminal: Terminal): void {
  const say = (text: string) => terminal.err(`blobcheck: ${escapeText(path)}: ${escapeText(text)}\n`);
  if (error !== null) say(error);
  else if (direct) say(readFromText(readFrom));
}

function reason(error: unknown): string {
  return error instanceof BlobcheckError ? error.message : systemErrorText(error);
}

/** coreutils marks a name with a backslash or a line break by a leading backslash and escapes both. */
function sumLine(digest: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${digest.slice('sha256:'.length)}  ${escaped}\n`;
}
