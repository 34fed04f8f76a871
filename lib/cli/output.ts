import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemErrorCode, systemErrorText } from '../index.js';
import { exitCodes } from './exit.js';

/** Standard output and standard error of a process. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/**
 * Writes to the descriptors themselves: Node's streams for them take 3 ms to make. What cannot be written never throws:
 * `blobcheck … | head` closes the pipe early, and the verdict is in the exit code. A report that a full disk did not take
 * is told, and no success. What standard error does not take changes nothing.
 */
export function outputOf(proc: NodeJS.Process): Output {
  const err = writerTo(
    2,
    () => proc.stderr,
    () => {},
  );
  let failed = false;
  const out = writerTo(
    1,
    () => proc.stdout,
    (error) => {
      if (failed || systemErrorCode(error) === 'EPIPE') return;
      failed = true;
      err(`blobcheck: standard output cannot be written: ${systemErrorText(error)}\n`);
      proc.once('exit', () => {
        proc.exitCode ||= exitCodes.unverified;
      });
    },
  );
  return { out, err };
}

/** The device number of `/dev/null`: major 1, minor 3 (Linux, Documentation/admin-guide/devices.txt). */
const NULL_DEVICE = 0x103;

/** Whether a descriptor leads to a terminal. What is no device at all, or the null device, is none: to ask for more is slow. */
export function isTerminal(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== NULL_DEVICE && isatty(descriptor);
  } catch {
    return false;
  }
}

function writerTo(
  descriptor: number,
  streamOf: () => NodeJS.WriteStream,
  fail: (error: unknown) => void,
): (text: string) => void {
  let stream: NodeJS.WriteStream | null = null;
  return (text) => {
    let bytes = Buffer.from(text);
    try {
      while (stream === null && bytes.length > 0) bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if (systemErrorCode(error) !== 'EAGAIN') return fail(error);
      // A pipe that others have made non-blocking, and that is full: the stream knows how to wait.
      stream = streamOf().on('error', fail);
    }
    if (bytes.length > 0) stream?.write(bytes);
  };
}
