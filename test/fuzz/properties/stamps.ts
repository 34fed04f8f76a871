import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Stamp, type StampedFile, stampText } from '../../../lib/trust/stamp.js';
import { bin } from '../../support/guarded-node.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { ShellSession } from '../answers/shell-session.js';
import { type ByteEdit, byteEdits, editedBytes } from '../inputs/byte-edits.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';

/** `$1` is the root that is asked about; a line is the question itself, or whether a stamp answers it. */
const script = `
bc_here=$2
. "$2/settings.sh"
. "$2/stamp.sh"
while IFS= read -r what; do
  case $what in
    question) (bc_ask --root-dir "$1" -- app:v1; printf '%s\\0' end 1 "$bc_question") ;;
    *) if (bc_is_warm --root-dir "$1" -- app:v1) </dev/null; then printf '%s\\0' end 1 warm; else printf '%s\\0' end 1 cold; fi ;;
  esac
done`;

interface Stamped {
  readonly stamp: Stamp;
  readonly path: string;
  isWarm(text: string | Buffer): Promise<boolean>;
}

const stamped = once(async (): Promise<Stamped> => {
  const root = temporaryDirectory();
  const state = join(root, 'state');
  const directory = join(root, 'snapshot');
  for (const path of [directory, join(state, 'stamps')]) mkdirSync(path, { recursive: true });
  const files = ['snapshot/overlay.qcow2', 'snapshot/config.json', 'blob of a base', 'snapshot/memory-ranges'];
  for (const name of files) writeFileSync(join(root, name), name);
  const look = (path: string): StampedFile => {
    const { ino, size, ctimeNs } = lstatSync(path, { bigint: true });
    return { path, inode: ino, size, timeNs: ctimeNs };
  };
  const env = {
    PATH: '/usr/bin:/bin',
    ...{ BLOBCHECK_STATE_DIR: state, BLOBCHECK_NODE: '/bin/sh', BLOBCHECK_COCOON: '/bin/sh' },
  };
  const session = new ShellSession(script, ['sh', root, bin], env);
  const answer = async (line: string) => (await session.ask(line)).at(-1)?.[1] ?? '';
  const memory = join(root, 'snapshot/memory-ranges');
  const now = Math.floor(Date.now() / 1000);
  const stamp: Stamp = {
    question: await answer('question'),
    ...{ from: now - 1000, until: now + 100_000, warnings: ['blobcheck: something to tell'] },
    directory: look(directory),
    files: files.slice(0, -1).map((name) => look(join(root, name))),
    memory: { ...look(memory), timeNs: lstatSync(memory, { bigint: true }).mtimeNs },
  };
  const path = join(state, 'stamps/app:v1');
  return {
    stamp,
    path,
    isWarm: async (text) => {
      writeFileSync(path, text, { mode: 0o644 });
      return (await answer('ask')) === 'warm';
    },
  };
});

/** What a stamp vouches for, read as loosely as a shell does: without NULs, blanks around words, and what follows the end. */
function meaningOf(bytes: Buffer): string {
  const lines = bytes.toString('latin1').replaceAll('\0', '').split('\n');
  const end = lines.findIndex((line) => /^ *endm? /.test(line));
  const [question, valid, ...rest] = lines.slice(0, end + 1);
  const said = [valid, ...rest].map((line) => (line ?? '').replace(/^ +| +$/g, ''));
  const facts = said.filter((line) => !/^wm?( |$)/.test(line));
  let directory = '';
  const meant = facts.map((fact) => {
    const [, kind, inode, size, time, path] = /^([dfm]) +(\S+) +(\S+) +(\S+) +(.*)$/.exec(fact) ?? [];
    if (path === undefined) return fact.replaceAll(/ +/g, ' ');
    const whole = normalize(path.startsWith('/') ? path : `${directory}/${path}`);
    if (kind === 'd') directory = whole;
    return [kind, inode, size, time, whole].join(' ');
  });
  return [question, ...meant].join('\n');
}

/** Rot and a torn write; a line in another line's place is neither. */
const isRot = (edits: readonly ByteEdit[]): boolean => edits.every(({ how }) => how !== 'copy');
const fields = ['inode', 'size', 'timeNs'] as const;

export const properties = [
  property({
    name: 'a damaged stamp answers nothing but what it said',
    inputs: byteEdits.filter(isRot),
    holds: async (edits) => {
      const { stamp, isWarm } = await stamped();
      const text = Buffer.from(stampText(stamp) ?? '');
      const damaged = editedBytes(text, edits);
      if (await isWarm(damaged)) assert.is(meaningOf(damaged), meaningOf(text));
    },
    quickRuns: 300,
  }),
  property({
    name: 'a stamp of files that are otherwise now, or of another time, answers nothing',
    inputs: fc.record({
      file: fc.nat(4),
      field: fc.constantFrom(...fields),
      delta: fc.bigInt(-3n, 3n),
      from: fc.constantFrom(0, 0, 0, 10_000, 100_000),
      until: fc.constantFrom(0, 0, 0, -100_000, -1_000_000),
    }),
    holds: async ({ file, field, delta, from, until }) => {
      const { stamp, isWarm } = await stamped();
      const { directory, files, memory } = stamp;
      const all = [directory, ...files, ...(memory === null ? [] : [memory])].map((each, at) =>
        at === file ? { ...each, [field]: each[field] + delta } : each,
      );
      const [first = directory, ...others] = all;
      const text = stampText({
        ...stamp,
        ...{ from: stamp.from + from, until: stamp.until + until },
        directory: first,
        files: others.slice(0, -1),
        memory: others.at(-1) ?? null,
      });
      assert.is(await isWarm(text ?? ''), delta === 0n && from === 0 && until === 0);
    },
    quickRuns: 200,
  }),
];
