/** Reads a stream by counts of bytes. */
import { Readable } from 'node:stream';

export function byteReader(stream) {
  const chunks = stream[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  let ended = false;
  const fill = async (count) => {
    while (held.length < count && !ended) {
      const { value, done } = await chunks.next();
      if (done) ended = true;
      else held = held.length === 0 ? value : Buffer.concat([held, value]);
    }
  };
  const take = (count) => {
    const bytes = held.subarray(0, count);
    held = held.subarray(count);
    return bytes;
  };
  return {
    /** At most so many, and fewer only at the end. */
    read: async (count) => {
      await fill(count);
      return take(count);
    },
    peek: async (count) => {
      await fill(count);
      return held.subarray(0, count);
    },
    /** Everything from here on, as a stream. */
    rest: () =>
      Readable.from(
        (async function* () {
          yield held;
          while (!ended) {
            const { value, done } = await chunks.next();
            if (done) return;
            yield value;
          }
        })(),
      ),
  };
}
