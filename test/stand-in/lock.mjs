/** Takes flock(2) locks with flock(1) on a descriptor of ours, where they stay until it is closed. */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Failure, pathError } from './failure.mjs';

/** Waits for the lock; SIGINT and SIGTERM end the waiting. */
export async function lock(path, signal) {
  const descriptor = openLockFile(path);
  if (await flock(['-x', '3'], descriptor, signal)) return () => closeSync(descriptor);
  closeSync(descriptor);
  throw new Failure(`acquire flock ${path}: context canceled`);
}

/** Null where somebody else holds it. */
export async function tryLock(path) {
  const descriptor = openLockFile(path);
  if (await flock(['-x', '-n', '3'], descriptor)) return () => closeSync(descriptor);
  closeSync(descriptor);
  return null;
}

function openLockFile(path) {
  try {
    return openSync(path, constants.O_CREAT | constants.O_RDONLY, 0o600);
  } catch (error) {
    throw new Failure(`acquire flock ${path}: ${pathError('open', path, error).message}`);
  }
}

function flock(args, descriptor, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', descriptor], signal });
    child.on('error', (error) => (error.name === 'AbortError' ? resolve(false) : reject(error)));
    child.on('close', (code) => resolve(code === 0));
  });
}
