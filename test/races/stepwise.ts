import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;
type Holder = Record<string, Call>;

const direct = [
  'accessSync',
  'closeSync',
  'existsSync',
  'fstatSync',
  'fsync',
  'lstatSync',
  'opendirSync',
  'openSync',
  'read',
  'readdirSync',
  'readlinkSync',
  'readSync',
  'statfsSync',
  'statSync',
] as const;
const promised = ['copyFile', 'lstat', 'open', 'readdir', 'readlink', 'realpath', 'stat'] as const;

/**
 * Does `work`, and calls `before` right before each of its calls of the file system, which are the real ones: so another
 * process can be played that acts at any point in between, always at the same one. `path` is what the call is given: a path,
 * or a descriptor. What `before` does itself is not counted.
 */
export async function stepwise<T>(work: () => Promise<T>, before: (step: number, path: string) => void): Promise<T> {
  const undo: (() => void)[] = [];
  let steps = 0;
  let isActing = false;
  const watch = (holder: Holder, name: string) => {
    const real = holder[name] as Call;
    holder[name] = function (this: unknown, ...args: unknown[]) {
      if (!isActing) {
        isActing = true;
        try {
          before(steps++, String(args[0]));
        } finally {
          isActing = false;
        }
      }
      return Reflect.apply(real, this, args);
    };
    undo.push(() => (holder[name] = real));
  };
  for (const name of direct) watch(fs as unknown as Holder, name);
  for (const name of promised) watch(fs.promises as unknown as Holder, name);
  watch(fs.realpathSync as unknown as Holder, 'native');
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  }
}
