import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a program asked of the kernel, as strace has written it down. */
export interface Call {
  readonly name: string;
  /** Counted by strace for each call and each thread apart, from 1. */
  readonly nth: number;
  /** What it is about: paths, or the path of its descriptor. */
  readonly paths: readonly string[];
  /** The number that the kernel gave back; null where there is none. */
  readonly result: number | null;
  /** Whether strace answered in the kernel's place. */
  readonly wasInjected: boolean;
  readonly line: string;
}

/** The calls of one thread in their order. */
export interface ThreadCalls {
  readonly id: number;
  readonly calls: readonly Call[];
}

/** Reads what `strace -ff -y -o DIRECTORY/trace` has left. */
export function readCalls(directory: string): readonly ThreadCalls[] {
  const files = readdirSync(directory).filter((name) => /^trace\.\d+$/.test(name));
  return files.map((name) => ({
    id: Number(name.slice('trace.'.length)),
    calls: callsIn(readFileSync(join(directory, name), 'latin1')),
  }));
}

function callsIn(text: string): Call[] {
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const name = /^([a-z0-9_]+)\(/.exec(line)?.[1];
    if (name === undefined) continue;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    const result = /\) = (-?\d+)/.exec(line)?.[1];
    calls.push({
      name,
      nth,
      paths: pathsOf(line),
      result: result === undefined ? null : Number(result),
      wasInjected: line.endsWith('(INJECTED)'),
      line,
    });
  }
  return calls;
}

/** The names in a call, else what its descriptor leads to; `-y` shows that in angle brackets. */
function pathsOf(line: string): string[] {
  const asked = line.replace(/\) = .*$/, '');
  const named = [...asked.matchAll(/"([^"]+)"/g)].map(([, path]) => path ?? '').filter((path) => path !== '');
  if (named.length > 0) return named;
  return [/^[a-z0-9_]+\(\d+<([^>]*)>/.exec(line)?.[1] ?? ''];
}

/** The threads of the process that began with this one. */
export function threadsOf(first: number, all: readonly ThreadCalls[]): readonly ThreadCalls[] {
  const ids = new Set([first]);
  // A thread is started by one that is known: as often as something new is found.
  for (let size = 0; size !== ids.size; ) {
    size = ids.size;
    for (const { id, calls } of all) {
      if (!ids.has(id)) continue;
      for (const { line, result } of calls)
        if (line.includes('CLONE_THREAD') && (result ?? 0) > 0) ids.add(result ?? 0);
    }
  }
  return all.filter(({ id }) => ids.has(id));
}
