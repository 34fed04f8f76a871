import { type Finding, finding } from '../../finding/finding.js';

/** The firmware that the machine boots is there; where it may lie is judged with the rest of config.json (rule 7). */
export function judgeFirmware(missing: string | null): Finding[] {
  if (missing === null) return [];
  return [
    finding('boot-file-missing', 'the firmware that the machine boots is not there', {
      subject: missing,
      expected: 'a file',
      expectedFrom: 'config.json',
      actual: 'missing',
    }),
  ];
}
