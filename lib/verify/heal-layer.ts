import type { FindingCode } from '../finding/catalogue.js';
import type { Finding } from '../finding/finding.js';
import { type Command, commandRemedy } from '../finding/remedy.js';

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

/**
 * Gives the findings of a layer or boot file their remedy. `cocoon image pull` brings what is missing or empty and keeps
 * any other file that stands there (images/oci: isUpToDate, processLayer), so that goes aside first. The same mkfs.erofs
 * makes the same bytes of a layer again, which its seal knows.
 */
export function withLayerHealing(
  findings: readonly Finding[],
  { path, image }: { readonly path: string; readonly image: string },
): Finding[] {
  const pull: Command[] = image === '' ? [] : [{ words: ['cocoon', 'image', 'pull'], values: [image] }];
  const aside: Command = { words: ['mv', '-T', '--backup=numbered'], values: [path, `${path}.aside`] };
  const inWords = 'bring the file from a node that has it, or pull its image again';
  return findings.map((found) => {
    if (!healable.has(found.code) || found.subject !== path) return found;
    const stands = found.code !== 'blob-missing' && found.code !== 'blob-empty';
    const commands = pull.length === 0 ? [] : stands ? [aside, ...pull] : pull;
    return commands.length === 0 ? found : { ...found, ...commandRemedy(commands, inWords) };
  });
}
