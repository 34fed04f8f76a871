import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, scripts } from '../../support/guarded-node.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { quoted, ShellSession } from './shell-session.js';

/** What the guard made of its arguments. */
export interface Guarded {
  /** The arguments of `pre-clone`; null where it was not asked. */
  readonly asked: readonly string[] | null;
  /** Those of cocoon; null where it was not run. */
  readonly ran: readonly string[] | null;
  /** Whether a pull was left to the program that seals. */
  readonly sealed: boolean;
  readonly status: number;
}

/** Runs the guard in a process of its own for each line, as it stands. */
const script = `
line_end='
'
while IFS= read -r line; do
  (eval "set -- $line" && . "$0") </dev/null
  printf '%s\\0' end 1 "$?"
done`;

const tells = (kind: string) => `#!/bin/sh\nprintf '%s\\0' ${kind} "$#" "$@"\n`;

/** The guard with a hook that allows everything, and a cocoon that only says what it was given. */
export function guardSession(): (args: readonly string[]) => Promise<Guarded> {
  const directory = temporaryDirectory();
  const guard = join(directory, 'bin/cocoon-guard');
  mkdirSync(join(directory, 'bin'));
  for (const name of scripts) copyFileSync(join(bin, name), join(directory, 'bin', name));
  const program = (path: string, text: string) => {
    writeFileSync(join(directory, path), text);
    chmodSync(join(directory, path), 0o755);
    return join(directory, path);
  };
  program('bin/pre-clone', `${tells('asked')}exit "$BLOBCHECK_CONSENT"\n`);
  program('bin/blobcheck', tells('sealed'));
  const env = {
    PATH: '/usr/bin:/bin',
    BLOBCHECK_COCOON: program('cocoon', tells('ran')),
    BLOBCHECK_NODE: '/bin/sh',
    BLOBCHECK_STATE_DIR: join(directory, 'state'),
  };
  const session = new ShellSession(script, [guard], env);
  return async (args) => {
    const said = await session.ask(args.map(quoted).join(' '));
    const wordsOf = (kind: string) => said.find(([what]) => what === kind)?.slice(1) ?? null;
    return {
      asked: wordsOf('asked'),
      ran: wordsOf('ran'),
      sealed: wordsOf('sealed') !== null,
      status: Number(wordsOf('end')?.[0]),
    };
  };
}
