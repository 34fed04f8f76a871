import type { FindingCode } from '../finding/catalogue.js';
import type { Finding } from '../finding/finding.js';
import {
  blobcheckCommand,
  type Command,
  type CommandPlace,
  cocoonCommand,
  commandRemedy,
  wordsRemedy,
} from '../finding/remedy.js';

/** Findings of a layer or boot file that another copy of it mends. */
const healable: ReadonlySet<FindingCode> = new Set([
  'blob-missing',
  'blob-empty',
  'blob-not-regular',
  'blob-size-mismatch',
  'layer-malformed',
  'blob-corrupt',
  'blob-replaced',
]);

/** Who asks for a layer or boot file. */
export interface LayerAsker {
  readonly path: string;
  /** The reference of the image that it is part of; empty where none is known. */
  readonly image: string;
  /** What `blobcheck seal` takes to seal all that is asked about; null where the file alone is. */
  readonly sealedAs: string | null;
  readonly place: CommandPlace;
}

/**
 * Gives the findings of a layer or boot file their remedy. `cocoon image pull` brings what is missing or empty and keeps
 * any other file that stands there (images/oci: isUpToDate, processLayer), so that goes aside first. The same mkfs.erofs
 * makes the same bytes of a layer again, which its seal knows.
 */
export function withLayerHealing(findings: readonly Finding[], asker: LayerAsker): Finding[] {
  const { path, image, sealedAs, place } = asker;
  const pull: Command[] = image === '' ? [] : [cocoonCommand(place, ['image', 'pull'], [image])];
  const aside: Command = { words: ['mv', '-T', '--backup=numbered'], values: [path, `${path}.aside`] };
  const inWords = 'bring the file from a node that has it, or pull its image again';
  return findings.map((found) => {
    if (found.code === 'blob-unsealed' && sealedAs !== null && found.remedyArgv?.[1] === 'seal') {
      return { ...found, ...commandRemedy([blobcheckCommand(place, ['seal'], [sealedAs])], 'seal it') };
    }
    if (!healable.has(found.code) || found.subject !== path) return found;
    const stands = found.code !== 'blob-missing' && found.code !== 'blob-empty';
    const commands = pull.length === 0 ? [] : stands ? [aside, ...pull] : pull;
    return { ...found, ...(commands.length === 0 ? wordsRemedy(inWords) : commandRemedy(commands, inWords)) };
  });
}
