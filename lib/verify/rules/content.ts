import { type Finding, finding } from '../../finding/finding.js';
import { blobcheckCommand, type CommandPlace, commandRemedy, wordsRemedy } from '../../finding/remedy.js';
import type { Basis } from '../../trust/seal-record.js';
import { type BlobWords, blobWords } from './blob-words.js';

/** What a full read of a blob gave, and what is known that it must give. */
export interface ContentFacts {
  readonly path: string;
  /** The blob's name. */
  readonly blob: string;
  /** `sha256:<hex>` of the bytes that were read first. */
  readonly digest: string;
  /** `sha256:<hex>` that another, sealed blob proves it must hash to; null where none does. */
  readonly proved: string | null;
  readonly known: { readonly digest: string; readonly basis: Basis; readonly since: string } | null;
  /** The second read, from the medium and with the other engine; null when none was needed. */
  readonly confirmation: { readonly digest: string; readonly readFrom: 'disk' | 'cache' } | null;
  /** How the file changed while it was read; null when it did not. */
  readonly changed: 'content' | 'replaced' | 'removed' | null;
  /** Whether the last good read was of another file than the one that stands there now. */
  readonly lastGoodWasOther: boolean;
  /** Whether rule 13 found fault with the header or the tables. */
  readonly structureBad: boolean;
  /** Whether something in the state directory could not be used, so that a seal may be there that nobody saw. */
  readonly stateUnusable: boolean;
  readonly place: CommandPlace;
}

const changes = {
  content: (noun: string) => `the ${noun} changed while it was being read`,
  replaced: (noun: string) => `the name of the ${noun} leads to another file than the one that was read`,
  removed: (noun: string) => `the ${noun} was removed while it was being read`,
} as const;

/** Rule 15, as trust.md says under "Content": what the bytes are against what they must be. */
export function judgeContent(facts: ContentFacts): Finding[] {
  const words = blobWords(facts.blob);
  const { noun, byName } = words;
  if (facts.changed !== null) {
    return [finding('blob-changed', changes[facts.changed](noun), { subject: facts.path })];
  }
  if (facts.known === null) {
    return facts.digest === byName || facts.digest === facts.proved ? [] : [unsealed(facts, words)];
  }
  if (facts.digest === facts.known.digest) return [];
  const details = {
    subject: facts.path,
    expected: facts.known.digest,
    expectedFrom: `seal, basis ${facts.known.basis}, since ${facts.known.since}`,
    actual: facts.digest,
  };
  if (facts.confirmation?.digest === facts.known.digest) {
    const message = `the ${noun} is right on the medium, but what was in memory, which guests read, was not`;
    return [finding('cache-corrupt', message, { ...details })];
  }
  const again = secondOpinion(facts);
  if (facts.lastGoodWasOther) {
    const message = `another file with other content stands in the place of the ${noun}${again}: replaced, or converted again elsewhere`;
    return [finding('blob-replaced', message, details)];
  }
  const message = `the content of the ${noun} is not what it was${again}: damaged, or converted again elsewhere`;
  return [finding('blob-corrupt', message, details)];
}

function secondOpinion({ digest, confirmation }: ContentFacts): string {
  if (confirmation === null) return '';
  return confirmation.digest === digest
    ? ', and a second read says the same'
    : `, and a second read gave yet another content (${confirmation.digest}): look at the disk and the memory`;
}

function unsealed(facts: ContentFacts, { noun, byName }: BlobWords): Finding {
  const message =
    byName === null
      ? `no seal says what the ${noun} should be: its name is the digest of a download that it was made from`
      : `the ${noun} does not hash to its name and no seal says what it should be: converted at import, or corrupt; seal it only if it was raw or an old qcow2 when it was pulled`;
  return finding('blob-unsealed', message, {
    subject: facts.path,
    expected: byName,
    expectedFrom: byName === null ? null : 'file name',
    actual: facts.digest,
    ...settle(facts, byName),
  });
}

function settle({ blob, structureBad, stateUnusable, place }: ContentFacts, byName: string | null) {
  if (structureBad) {
    return wordsRemedy('its structure is damaged, so it cannot be sealed: move it away and pull the image again');
  }
  // A new seal in another place would make good whatever stands there, against one that is only out of reach.
  if (stateUnusable) return wordsRemedy('mend the state directory first: it may have the seal of it');
  return commandRemedy(
    [blobcheckCommand(place, ['seal'], [blob])],
    byName === null ? 'seal it' : 'seal it, if the image was raw or an old qcow2 when it was pulled',
  );
}
