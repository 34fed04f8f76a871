/** A sidecar's size is that of a machine's registers: 58 KB for one CPU, some 10 MB for 256. */
export const DOCUMENT_LIMIT = 16 * 1024 * 1024;
/** Real ones are ten deep; a reader that calls itself ends at some 10,000. */
export const DEPTH_LIMIT = 128;
/** Each value costs some 100 bytes in memory. Real documents have a few hundred: most of `state.json` is in strings. */
export const VALUE_LIMIT = 200_000;
