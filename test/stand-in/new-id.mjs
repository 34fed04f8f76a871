import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 26 letters of base32, as cocoon draws them. */
export function newId() {
  return [...randomBytes(26)].map((byte) => ALPHABET[byte % 32]).join('');
}
