/** Sizes as docker's go-units reads and writes them. */
import { Failure } from './failure.mjs';

const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export const humanSize = (bytes) => withUnit(bytes, 1000, decimal);
export const bytesSize = (bytes) => withUnit(bytes, 1024, binary);

function withUnit(bytes, base, units) {
  let [size, at] = [bytes, 0];
  for (; size >= base && at < units.length - 1; at++) size /= base;
  return `${Number(size.toPrecision(4))}${units[at]}`;
}

/** `10G`, `512MiB`, `1073741824`. */
export function ramInBytes(text) {
  const at = Math.max(...[...'01234567890. '].map((letter) => text.lastIndexOf(letter)));
  if (at === -1) throw new Failure(`invalid size: '${text}'`);
  const digits = text[at] === ' ' ? text.slice(0, at) : text.slice(0, at + 1);
  const suffix = text.slice(at + 1).toLowerCase();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(digits)) {
    throw new Failure(`strconv.ParseFloat: parsing ${JSON.stringify(digits)}: invalid syntax`);
  }
  const size = Number(digits);
  if (size < 0) throw new Failure(`invalid size: '${text}'`);
  if (suffix === '' || suffix === 'b') return Math.trunc(size);
  const power = ' kmgtp'.indexOf(suffix[0]);
  if (power < 1 || !['', 'b', 'ib'].includes(suffix.slice(1))) throw new Failure(`invalid suffix: '${suffix}'`);
  return Math.trunc(size * 1024 ** power);
}
