import type { FindingCode } from '../finding/catalogue.js';
import type { Finding } from '../finding/finding.js';
import {
  blobcheckCommand,
  type Command,
  type CommandPlace,
  commandRemedy,
  quoteForShell,
  type Remedy,
  wordsRemedy,
} from '../finding/remedy.js';

/** What is known of the image that a base came from. */
export interface ImageOrigin {
  /** Hex digest that is needed. */
  readonly blob: string;
  readonly blobPath: string;
  /** The record's `image`: a URL or reference; null when there is no record. */
  readonly image: string | null;
  /** References in the local index that name exactly this blob. */
  readonly indexedAs: readonly string[];
  /** The digest (hex) that `image` leads to in the local index now; null when it is not indexed. */
  readonly imageLeadsTo: string | null;
  /** The command that brings it, `blobcheck ensure` for whatever was asked about; null where there is none. */
  readonly ensure: Command | null;
  readonly place: CommandPlace;
}

/** Findings of a base that a fresh copy of the same content mends. */
const healable: ReadonlySet<FindingCode> = new Set([
  'blob-missing',
  'blob-empty',
  'blob-not-regular',
  'blob-size-mismatch',
  'blob-malformed',
  'blob-corrupt',
  'blob-replaced',
]);

/** Gives the findings of a base the remedy that fits its origin, and `blob-missing` what has become of its tag. */
export function withHealing(findings: readonly Finding[], origin: ImageOrigin): Finding[] {
  return findings.map((found) => {
    if (!healable.has(found.code)) return found;
    const message = found.code === 'blob-missing' ? found.message + tagToday(origin) : found.message;
    return { ...found, message, ...healingRemedy(found, origin) };
  });
}

function tagToday(origin: ImageOrigin): string {
  if (origin.image === null || origin.imageLeadsTo === null || origin.imageLeadsTo === origin.blob) return '';
  return `; ${origin.image} now leads to sha256:${origin.imageLeadsTo}`;
}

/**
 * `ensure` pulls beside the store, because cocoon keeps a non-empty file that stands at the blob's path even under
 * `image pull --force` (cocoon-store.md, trap 2). It never overwrites a base that may be right: one whose structure alone
 * is bad goes aside first, to a name that garbage collection leaves alone (trap 11).
 */
function healingRemedy(found: Finding, origin: ImageOrigin): Remedy {
  if (found.actual === `sha256:${origin.blob}`) {
    // It is what its name says, and only a seal of other content speaks against it.
    const settle = blobcheckCommand(origin.place, ['seal', '--replace'], [origin.blob]);
    return commandRemedy([settle], 'settle it with blobcheck seal --replace');
  }
  const { ensure } = origin;
  // What a converted base must be is not its name, which is the digest of a download.
  const elsewhere = fromAnotherNode(origin, found.expected ?? undefined);
  if (origin.imageLeadsTo !== null && origin.imageLeadsTo !== origin.blob && origin.indexedAs.length === 0) {
    return wordsRemedy(`bake the snapshot again from the present build, or ${elsewhere}`);
  }
  const candidates = [...origin.indexedAs, ...(origin.image === null ? [] : [origin.image])];
  if (ensure === null) return wordsRemedy(elsewhere);
  if (!candidates.some(isUrl)) {
    // Our words first: nothing that a record says may begin a line that somebody pastes.
    const why =
      candidates.length === 0
        ? 'no image is named'
        : `the image cannot be pulled: not a URL (${quoteForShell(candidates[0] ?? '')})`;
    return wordsRemedy(`${elsewhere}; ${why}`);
  }
  const aside = { words: ['mv', '-T', '--backup=numbered'], values: [origin.blobPath, `${origin.blobPath}.aside`] };
  return commandRemedy(
    found.code === 'blob-malformed' ? [aside, ensure] : [ensure],
    'move the base aside if its structure is damaged, and run blobcheck ensure for the snapshot',
  );
}

/** The way that is left when no image leads to the content any more, in words; `digest` as findings have it. */
export function fromAnotherNode({ blob, blobPath, ensure }: ImageOrigin, digest = `sha256:${blob}`): string {
  const content = digest.startsWith('sha256:') ? digest : `sha256:${blob}`;
  if (ensure === null) return `copy ${content} from a node that has it to ${blobPath}`;
  const withFile = { ...ensure, words: [...ensure.words, '--from', 'FILE'] };
  const { remedy } = commandRemedy([withFile], withFile.words.join(' '));
  return `bring ${content} from a node that has it: ${remedy}`;
}

/** What `cocoon image pull` takes for a cloud image: anything else is "unsupported protocol scheme" (cocoon #38). */
export function isUrl(reference: string): boolean {
  return /^https?:\/\//.test(reference);
}
