/** confirm-child.ts FILE DISK OFFSET: reads a file, flips a byte on its disk, and asks for a second opinion. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { confirmFromMedium } from '../../lib/digest/confirm.js';
import { hashFile } from '../../lib/digest/hash-file.js';

const [file = '', disk = '', offset] = process.argv.slice(2);
const written = createHash('sha256').update(fs.readFileSync(file)).digest('hex');

const fd = fs.openSync(disk, 'r+');
const byte = Buffer.alloc(1);
fs.readSync(fd, byte, 0, 1, Number(offset));
byte.writeUInt8(byte.readUInt8() ^ 1);
fs.writeSync(fd, byte, 0, 1, Number(offset));
fs.fsyncSync(fd);
fs.closeSync(fd);

const first = await hashFile(file);
const second = await confirmFromMedium(file, { judged: first.after });
const { changed, readFrom } = second ?? {};
process.stdout.write(
  `${JSON.stringify({ written, first: first.digest, second: second?.digest, changed, readFrom })}\n`,
);
