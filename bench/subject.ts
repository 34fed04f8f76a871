import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));

/** The program that is measured: how it is started, and as what the report names it. */
export interface Subject {
  readonly name: string;
  readonly words: readonly string[];
}

/** `bin/blobcheck` as a user runs it, or the reason why there is none. */
export function program(): { readonly words: readonly string[]; readonly absent: string | null } {
  const entry = join(project, 'bin', 'blobcheck');
  const ready = existsSync(entry) && existsSync(join(project, 'dist'));
  return { words: [entry], absent: ready ? null : 'bin/blobcheck is not built' };
}

/** What hashes one file in a process of its own: the program, or before it is built the library alone. */
export async function hashSubject(directory: string): Promise<Subject> {
  const { words, absent } = program();
  if (absent === null) return { name: 'blobcheck hash', words: [...words, 'hash'] };
  const outfile = join(directory, 'hash-alone.mjs');
  await build({
    entryPoints: [join(project, 'bench', 'hash-alone.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return { name: 'blobcheck, library alone', words: [process.execPath, outfile] };
}
