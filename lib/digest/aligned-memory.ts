/** The part of the WebAssembly interface that is used here; neither `ES2023` nor @types/node 20 declares it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/** What O_DIRECT wants memory, offset and length to be a multiple of, on every device there is. */
export const PAGE_BYTES = 4096;

/** A WebAssembly page, in which its memory is measured; the specification says 64 KiB. */
const WASM_PAGE_BYTES = 65536;

/** Zeroed memory of `bytes` bytes that begins at a page, which O_DIRECT needs and an ordinary Buffer does not. */
export function pageAlignedBuffer(bytes: number): Buffer {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  return Buffer.from(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer, 0, bytes);
}
