import type { ChunkSource } from './byte-source.js';

const NONE = Buffer.alloc(0);

/** Reads from chunks of any size; of a chunk that is skipped nothing is copied. */
export function chunkSource(chunks: AsyncIterator<Buffer, void>): ChunkSource {
  let held: Buffer = NONE;
  let position = 0;

  /** Whether something is held. */
  const pull = async (): Promise<boolean> => {
    while (held.length === 0) {
      const step = await chunks.next();
      if (step.done === true) return false;
      held = step.value;
    }
    return true;
  };
  const take = (most: number): Buffer => {
    const bytes = held.length <= most ? held : held.subarray(0, most);
    held = held.length <= most ? NONE : held.subarray(most);
    position += bytes.length;
    return bytes;
  };

  return {
    position: () => position,
    fill: async (target) => {
      let filled = 0;
      while (filled < target.length && (await pull())) filled += take(target.length - filled).copy(target, filled);
      return filled;
    },
    skip: async (length) => {
      let skipped = 0;
      while (skipped < length && (await pull())) skipped += take(length - skipped).length;
      return skipped;
    },
    peek: async (length) => {
      for (;;) {
        const step = held.length < length ? await chunks.next() : null;
        if (step === null || step.done === true) return held.subarray(0, length);
        held = Buffer.concat([held, step.value]);
      }
    },
    next: async () => ((await pull()) ? take(Number.POSITIVE_INFINITY) : null),
    unread: (bytes) => {
      held = bytes;
      position -= bytes.length;
    },
  };
}
