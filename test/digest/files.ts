import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { temporaryDirectory } from '../support/temporary.js';

export const directory = temporaryDirectory();

/** Two buffers of the reader and a bit. */
export const content = randomBytes(2 * BUFFER_BYTES + 7);

let files = 0;

/** A new file with these bytes. */
export function fileOf(bytes: Uint8Array): string {
  const path = join(directory, `file-${files++}`);
  writeFileSync(path, bytes);
  return path;
}
