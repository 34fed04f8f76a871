import { existsSync, realpathSync } from 'node:fs';
import { engineFiles, findCocoon, packageFile } from '../index.js';
import { settingsFile } from './settings.js';
import type { Terminal } from './terminal.js';

/** The fields of what bin/stamp.sh asks, in its order; tabs stand between them. */
const fields = [
  'format',
  'root',
  'run',
  'backend',
  'sections',
  'policy',
  'node',
  'cocoon',
  'hypervisor',
  'qemu',
  'engines',
  'conf',
  'ref',
] as const;

/** What of this package gives the answer: the hook, and the program that it has do the work (build/build.mjs). */
const ownFiles = ['package.json', 'dist', 'dist/main.cjs', 'dist/program-hook.cjs', 'dist/program-every.cjs', 'bin'];

/** Changes with the format of stamps, so that one of another version answers nothing. */
const FORMAT = 'blobcheck stamp 1';

type Fields = Readonly<Record<(typeof fields)[number], string>>;

/** What was asked, as Node sees it. */
export interface Asked {
  readonly ref: string;
  /** cocoon's root, resolved. */
  readonly root: string;
  readonly runDir: string | undefined;
  readonly terminal: Terminal;
}

/**
 * The files that the question names besides those of the store: programs, settings, and our own. Null where the script
 * took anything for something else than we do: then no stamp may repeat the answer.
 */
export function filesOfQuestion(question: string, asked: Asked): readonly string[] | null {
  const found = fieldsOf(question);
  if (found === null || !agrees(found, asked)) return null;
  const programs = [found.node, found.cocoon, found.hypervisor, found.qemu].filter((path) => path !== '');
  return [...programs, ...(found.conf === '' ? [] : [found.conf]), ...ownFiles.map(packageFile)];
}

function fieldsOf(question: string): Fields | null {
  const values = question.split('\t');
  if (values.length !== fields.length) return null;
  return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? ''])) as Fields;
}

function agrees(found: Fields, { ref, root, runDir, terminal }: Asked): boolean {
  const { env } = terminal;
  const expected: Partial<Fields> = {
    format: FORMAT,
    root,
    run: runDir ?? env.COCOON_RUN_DIR ?? '',
    backend: env.COCOON_META_BACKEND ?? '',
    sections: env.BLOBCHECK_ALLOW_VM_SECTIONS ?? '',
    policy: env.BLOBCHECK_PULL_POLICY ?? '',
    engines: engineFiles(root)
      .map((path) => (existsSync(path) ? 'y' : 'n'))
      .join(''),
    conf: existsSync(settingsFile) ? settingsFile : '',
    ref,
  };
  const same = Object.entries(expected).every(([field, value]) => found[field as keyof Fields] === value);
  return same && isThisNode(found.node, terminal) && isCocoon(found.cocoon);
}

function isThisNode(path: string, { self }: Terminal): boolean {
  try {
    return realpathSync(path) === realpathSync(self.node);
  } catch {
    return false;
  }
}

/** Never the guard or a copy of it: what the stamp lists is run without another look. */
const isCocoon = (path: string): boolean => path === '' || 'path' in findCocoon(path, '');
