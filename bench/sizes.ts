const FACTORS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `3G` in bytes: a whole number and K, M, G or T, each 1,024 of the one before. Throws on anything else. */
export function parseSize(text: string): number {
  const match = /^([0-9]{1,9})([KMGT]?)$/.exec(text);
  const bytes = Number(match?.[1]) * (FACTORS[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes) || bytes === 0) throw new Error(`not a size: ${text} (3G, 512M, 65536)`);
  return bytes;
}

/** A whole number of at least one. Throws on anything else. */
export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new Error(`not a count: ${text}`);
  return Number(text);
}

/** Bytes as `3 GiB`, exact to a tenth. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${Math.round((bytes / 2 ** (10 * power)) * 10) / 10} ${units[power]}`;
}
