import { systemErrorText } from '../../errors.js';
import { type Finding, finding } from '../../finding/finding.js';
import type { Sidecar } from '../../store/sidecars.js';

/** Rule 4: a sidecar is strict JSON that every reader reads alike. A missing one is the directory's finding (rule 3). */
export function judgeSidecarJson(path: string, sidecar: Sidecar<unknown>): Finding[] {
  if (sidecar.kind === 'malformed') {
    return [
      finding('sidecar-malformed', sidecar.reason, {
        subject: path,
        expected: 'strict JSON of the shape that cocoon writes',
        expectedFrom: 'cocoon',
      }),
    ];
  }
  if (sidecar.kind === 'unreadable') {
    return [finding('file-unreadable', `cannot be read: ${systemErrorText(sidecar.error)}`, { subject: path })];
  }
  return [];
}
