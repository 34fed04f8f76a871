import { NAME_LIMIT } from './limits.js';

/**
 * Why a name is none of a file directly in the snapshot's directory; null when it is. Cocoon takes the last component of
 * whatever stands there, so `../../etc/cocoon.json` is the sidecar to it, and another file to any other reader.
 */
export function whyNotFlat(name: string): string | null {
  if (name === '') return 'an entry has no name';
  if (name.includes('/')) return 'the name holds a slash';
  if (name === '.' || name === '..') return 'the name is that of a directory';
  if (/\p{Cc}/u.test(name)) return 'the name holds control characters';
  if (Buffer.byteLength(name) > NAME_LIMIT) return `the name has more than ${NAME_LIMIT} bytes`;
  return null;
}
