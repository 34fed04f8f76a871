import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** What tells one process from every other, also from one that gets its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started: proc_pid_stat(5), field 22. */
  readonly started: string;
  /** The machine since it was started (random(4), `boot_id`), and the namespace that `pid` is a number of. */
  readonly boot: string;
  readonly pidNamespace: string;
}

export interface ProcessStat {
  /** As the kernel has it: a script's own name, not its shell's; 15 bytes at most. */
  readonly name: string;
  readonly parent: number;
  readonly started: string;
  /** It has ended, and nobody has asked yet how. */
  readonly hasEnded: boolean;
}

/** Fields 2, 3, 4 and 22. A name may have blanks and brackets in it; after it are numbers only. */
const STAT = /^\d+ \((.*)\) (\S) (\d+) (?:-?\d+ ){17}(\d{1,20}) /s;

// What follows reads /proc, where no disk is waited for: it asks the kernel and comes back.

/** Null where there is no such process, or we may not look. */
export function statOf(pid: number): ProcessStat | null {
  const found = STAT.exec(textOf(`/proc/${pid}/stat`) ?? '');
  if (found === null) return null;
  const [, name = '', state = '', parent, started = ''] = found;
  return { name, parent: Number(parent), started, hasEnded: state === 'Z' || state === 'X' };
}

/** Ourselves; null where /proc does not tell. */
export function ownIdentity(): ProcessIdentity | null {
  const place = placeOfNumbers();
  const stat = statOf(process.pid);
  return place === null || stat === null ? null : { pid: process.pid, started: stat.started, ...place };
}

/** `elsewhere`: on another machine, in another container, or before a reboot, where we cannot ask. */
export function whereIs({ pid, started, boot, pidNamespace }: ProcessIdentity): 'here' | 'dead' | 'elsewhere' {
  const place = placeOfNumbers();
  if (place === null || place.boot !== boot || place.pidNamespace !== pidNamespace) return 'elsewhere';
  const stat = statOf(pid);
  return stat === null || stat.started !== started || stat.hasEnded ? 'dead' : 'here';
}

/** Characters of a command line that are shown at most. */
const SHOWN = 200;

/** What a process was started as, for people: without its interpreter, and without the path of its program. */
export function commandOf(pid: number): string {
  const words = (textOf(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
  const isNode = basename(words[0] ?? '').startsWith('node');
  const program = isNode ? words.findIndex((word, index) => index > 0 && !word.startsWith('-')) : 0;
  const [name, ...rest] = words.slice(Math.max(0, program));
  const text = [basename(name ?? ''), ...rest].join(' ') || (statOf(pid)?.name ?? '?');
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

function placeOfNumbers(): Pick<ProcessIdentity, 'boot' | 'pidNamespace'> | null {
  const boot = textOf('/proc/sys/kernel/random/boot_id')?.trim();
  const pidNamespace = ifTold(() => readlinkSync('/proc/self/ns/pid'));
  return boot && pidNamespace ? { boot, pidNamespace } : null;
}

const textOf = (path: string): string | null => ifTold(() => readFileSync(path, 'utf8'));

/** What /proc answers; null where it does not: the process has ended meanwhile, say, or we may not look into it. */
export function ifTold<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
