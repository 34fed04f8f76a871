import type { ChunkSource } from './byte-source.js';

const NONE = Buffer.alloc(0);

/** Chunks of any size, each valid until the next call. */
export interface Chunks {
  next(): Promise<IteratorResult<Buffer, void>>;
  /**
   * Lets bytes go by, at most so many, without handing them out, when nothing that was handed out is left. Returns how many
   * did: fewer than there were to go only where a chunk begins or at the end.
   */
  drop?(length: number): Promise<number>;
}

/** Reads from chunks; of one that is skipped nothing is copied. */
export function chunkSource(chunks: Chunks): ChunkSource {
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
      let skipped = take(length).length;
      if (skipped < length && chunks.drop !== undefined) {
        const dropped = await chunks.drop(length - skipped);
        position += dropped;
        skipped += dropped;
      }
      while (skipped < length && (await pull())) skipped += take(length - skipped).length;
      return skipped;
    },
    peek: async (length) => {
      while (held.length < length) {
        // The next chunk may come to the same memory.
        const before = Buffer.from(held);
        const step = await chunks.next();
        held = step.done === true ? before : Buffer.concat([before, step.value]);
        if (step.done === true) break;
      }
      return held.subarray(0, length);
    },
    next: async () => ((await pull()) ? take(Number.POSITIVE_INFINITY) : null),
    unread: (bytes) => {
      held = bytes;
      position -= bytes.length;
    },
  };
}
