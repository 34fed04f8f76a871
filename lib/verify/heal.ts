import type { FindingCode } from '../finding/catalogue.js';
import type { Finding } from '../finding/finding.js';
import { commandRemedy, quoteForShell, type Remedy, wordsRemedy } from '../finding/remedy.js';

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
 * cocoon keeps a non-empty file that stands at the blob's path even under `image pull --force`, so a bad one is moved
 * aside first, to a name that its garbage collection leaves alone (cocoon-store.md, traps 2 and 11); and without
 * `--force` it skips a reference that its index knows (cocoon #18).
 */
function healingRemedy(found: Finding, origin: ImageOrigin): Remedy {
  if (found.actual === `sha256:${origin.blob}`) {
    // It is what its name says, and only a seal of other content speaks against it.
    const settle = { words: ['blobcheck', 'seal', '--replace'], values: [origin.blob] };
    return commandRemedy([settle], 'settle it with blobcheck seal --replace');
  }
  const missing = found.code === 'blob-missing';
  if (origin.imageLeadsTo !== null && origin.imageLeadsTo !== origin.blob && origin.indexedAs.length === 0) {
    return wordsRemedy(
      `bake the snapshot again from the present build, or copy sha256:${origin.blob} from a node that has it to ${origin.blobPath}`,
    );
  }
  const candidates = [...origin.indexedAs, ...(origin.image === null ? [] : [origin.image])];
  const url = candidates.find(isUrl);
  if (url === undefined) {
    // Our words first: nothing that a record says may begin a line that somebody pastes.
    const why =
      origin.image === null
        ? 'no image is named'
        : `the image cannot be pulled: not a URL (${quoteForShell(origin.image)})`;
    return wordsRemedy(`copy sha256:${origin.blob} from a node that has it to ${origin.blobPath}; ${why}`);
  }
  const aside = { words: ['mv', '-T', '--backup=numbered'], values: [origin.blobPath, `${origin.blobPath}.aside`] };
  const pull = { words: ['cocoon', 'image', 'pull', '--force'], values: [url] };
  return commandRemedy(missing ? [pull] : [aside, pull], 'move the blob aside and pull the image again');
}

/** What `cocoon image pull` takes for a cloud image: anything else is "unsupported protocol scheme" (cocoon #38). */
function isUrl(reference: string): boolean {
  return /^https?:\/\//.test(reference);
}
