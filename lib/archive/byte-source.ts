/** Bytes that come in their order, once. What fails to come is a `BlobcheckError`, what cannot be unpacked `Malformed`. */
export interface ByteSource {
  /** Bytes that were handed out or skipped. */
  position(): number;
  /** Fills the buffer, and returns how many bytes there were for it: fewer only at the end. */
  fill(target: Buffer): Promise<number>;
  /** Leaves out so many bytes, and returns how many there were. */
  skip(length: number): Promise<number>;
}

/** A source that can also hand out what it has, in pieces of its own size. */
export interface ChunkSource extends ByteSource {
  /** The next bytes, fewer only at the end; they are still to come. For a few bytes. */
  peek(length: number): Promise<Buffer>;
  /** Some bytes, valid until the next call of any of these; null at the end. */
  next(): Promise<Buffer | null>;
  /** Takes back the end of what `next` handed out last, before anything else is asked for. */
  unread(bytes: Buffer): void;
}
