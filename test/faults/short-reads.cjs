// Loaded before the program (node --require): no read gives more than BLOBCHECK_TEST_READ_BYTES, as any read may.
const fs = require('node:fs');
const { read, readSync, openSync, closeSync } = fs;
const most = Number(process.env.BLOBCHECK_TEST_READ_BYTES);

/** Past the page cache the kernel gives whole blocks, or what is left of the file. */
function isDirect(fd) {
  const info = openSync(`/proc/self/fdinfo/${fd}`);
  const text = Buffer.alloc(256);
  readSync(info, text, 0, text.length, 0);
  closeSync(info);
  const [, flags] = /^flags:\s+(\d+)/m.exec(text.toString('latin1'));
  return (Number.parseInt(flags, 8) & fs.constants.O_DIRECT) !== 0;
}

const shorter = (fd, length) => (isDirect(fd) ? length : Math.min(length, most));

fs.readSync = (fd, buffer, offset, length, position) => readSync(fd, buffer, offset, shorter(fd, length), position);
fs.read = (fd, buffer, offset, length, position, done) => read(fd, buffer, offset, shorter(fd, length), position, done);
