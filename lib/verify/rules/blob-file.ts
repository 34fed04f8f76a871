import { type Finding, finding } from '../../finding/finding.js';
import { blobWords } from './blob-words.js';

/** What stands at a blob's path, and what is known of its size. */
export interface BlobFileFacts {
  readonly path: string;
  /** The blob's name. */
  readonly blob: string;
  readonly presence:
    | { readonly kind: 'regular'; readonly bytes: bigint }
    | { readonly kind: 'missing' }
    | { readonly kind: 'not-regular'; readonly what: string }
    | { readonly kind: 'unreadable'; readonly reason: string };
  /** Bytes, from the seal; null without one. */
  readonly sealedBytes: bigint | null;
  /** Bytes, from each entry of the image index that names the blob: a `stat` of the kept file, so weak evidence. */
  readonly indexedBytes: readonly bigint[];
}

/** Rule 12: what can be told of a blob without reading it. Any finding of these stops the hash. */
export function judgeBlobFile(facts: BlobFileFacts): Finding[] {
  const { presence, path } = facts;
  const { noun, expected } = blobWords(facts.blob);
  if (presence.kind === 'missing') {
    const message = `the ${noun} ${expected} is not in the store`;
    return [finding('blob-missing', message, { subject: path, expected, expectedFrom: 'overlay header' })];
  }
  if (presence.kind === 'not-regular') {
    const message = `a ${presence.what} stands in the place of the ${noun}`;
    return [
      finding('blob-not-regular', message, {
        subject: path,
        expected: 'a regular file',
        expectedFrom: 'cocoon',
        actual: presence.what,
      }),
    ];
  }
  if (presence.kind === 'unreadable') {
    const message = `the ${noun} cannot be opened: ${presence.reason}`;
    return [finding('blob-unreadable', message, { subject: path, expected, expectedFrom: 'overlay header' })];
  }
  if (presence.bytes === 0n) {
    return [
      finding('blob-empty', `the ${noun} has no bytes`, { subject: path, expected, expectedFrom: 'overlay header' }),
    ];
  }
  return judgeSize(facts, presence.bytes);
}

function judgeSize(facts: BlobFileFacts, bytes: bigint): Finding[] {
  const witness = facts.sealedBytes === null ? 'image index' : 'seal';
  const known = facts.sealedBytes === null ? facts.indexedBytes : [facts.sealedBytes];
  if (known.length === 0 || known.includes(bytes)) return [];
  return [
    finding('blob-size-mismatch', `the ${blobWords(facts.blob).noun} has another size than it must have`, {
      subject: facts.path,
      expected: `${known.join(' or ')} bytes`,
      expectedFrom: witness,
      actual: `${bytes} bytes`,
    }),
  ];
}
