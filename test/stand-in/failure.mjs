import { getSystemErrorMap } from 'node:util';

/** What ends a run with `Error: …` and status 1. */
export class Failure extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Words that libuv has otherwise than the C library, from which Go took its own. */
const otherWords = {
  EEXIST: 'file exists',
  EISDIR: 'is a directory',
  EXDEV: 'invalid cross-device link',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EMFILE: 'too many open files',
};

export function systemWords(error) {
  return otherWords[error.code] ?? getSystemErrorMap().get(error.errno)?.[1] ?? error.message;
}

/** A refused system call in the words of Go: `open /path: no such file or directory`. */
export function pathError(operation, path, error) {
  return new Failure(`${operation} ${path}: ${systemWords(error)}`);
}

/** Does `work`; what fails in it fails with `context` before its words. */
export async function within(context, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${context}: ${error.message}`);
  }
}

/** The same for one system call. */
export function attempt(operation, path, call) {
  try {
    return call();
  } catch (error) {
    if (error.errno === undefined) throw error;
    throw pathError(operation, path, error);
  }
}
