import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { packageFile } from '../index.js';

/** One of the programs that `main` loads (build/build.mjs). */
export type ProgramName = 'verify' | 'hook' | 'every';

type Program = typeof import('./programs/every.js');

const DIGEST_BYTES = 32;

/**
 * Loads a program with the code that V8 made of it when it was built, where that is there: to compile what a warm
 * `verify` calls takes longer than to run it.
 *
 * V8 takes any code for that of any text of the same length, and executes what rot has left of it (tried with 20, 22 and
 * 24). So it is believed only with a digest over the program and the code; it lies where the program lies, so who could
 * write it can write the program too; and nobody but the build writes it. V8 itself refuses what another version of it
 * has made.
 */
export function loadProgram(name: ProgramName): Program {
  const path = pathOf(name);
  const code = readCode(path);
  return code === null ? createRequire(path)(path) : compile(name, code).program;
}

/**
 * Loads a program without any code that is there, and when the process ends writes the code of all that it has called: for
 * the build.
 */
export function loadAndKeepCode(name: ProgramName, proc: NodeJS.Process): Program {
  const path = pathOf(name);
  const { program, script } = compile(name, null);
  proc.once('exit', () => {
    const data = script.createCachedData();
    writeFileSync(codeFile(path), Buffer.concat([digestOf(readFileSync(path), data), data]));
  });
  return program;
}

const pathOf = (name: ProgramName): string => packageFile(`dist/program-${name}.cjs`);

/** For the very Node that made it: another one would refuse it. */
const codeFile = (path: string): string => `${path}.${process.version}-${process.arch}.code`;

function readCode(path: string): Buffer | null {
  try {
    const file = readFileSync(codeFile(path));
    const data = file.subarray(DIGEST_BYTES);
    const isOf = digestOf(readFileSync(path), data).equals(file.subarray(0, DIGEST_BYTES));
    return isOf ? data : null;
  } catch {
    // Not there, or not to be read: the program itself says what is wrong with it.
    return null;
  }
}

function digestOf(program: Buffer, data: Buffer): Buffer {
  return createHash('sha256').update(program).update(data).digest();
}

/**
 * As Node does it with a CommonJS file, but for its name. The code keeps that, so it is not the path where it was built; nor
 * its end, which V8 keeps together with the path that it was cut from.
 */
function compile(name: ProgramName, cachedData: Buffer | null): { readonly program: Program; readonly script: Script } {
  const path = pathOf(name);
  const text = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(path, 'utf8')}\n})`;
  const filename = `program-${name}.cjs`;
  const script = new Script(text, cachedData === null ? { filename } : { filename, cachedData });
  const module = { exports: {} as Program };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return { program: module.exports, script };
}
