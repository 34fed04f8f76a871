/** hash-child.ts FILE SOURCE: hashes a file that cannot be read to its end and says where it ends, as one line of JSON. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pageAlignedBuffer } from '../../lib/digest/aligned-memory.js';
import { openDirect } from '../../lib/digest/direct.js';
import { hashOpenFile } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';

const [file = '', source] = process.argv.slice(2);

async function readable(offset: number): Promise<boolean> {
  const handle = await open(file, constants.O_RDONLY | constants.O_DIRECT);
  try {
    return (await handle.read(pageAlignedBuffer(4096), 0, 4096, offset)).bytesRead === 4096;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

const handle = source === 'disk' ? await directHandle() : await open(file);

async function directHandle() {
  const opened = await openDirect(file);
  if (opened.kind !== 'regular' || opened.readFrom !== 'disk') throw new Error(`opened ${opened.kind}`);
  return opened.handle;
}

try {
  await hashOpenFile(handle, file, { source: source === 'disk' ? 'disk' : 'cache' });
  process.stdout.write('{"code":null}\n');
} catch (error) {
  if (!(error instanceof BlobcheckError)) throw error;
  const { code, message, offset } = error;
  const before = await readable((offset ?? 0) - 4096);
  const at = await readable(offset ?? 0);
  process.stdout.write(`${JSON.stringify({ code, message, offset, before, at })}\n`);
}
await handle.close();
