import * as assert from 'uvu/assert';
import { catalogue, isFindingCode } from '../../../lib/finding/catalogue.js';
import type { Finding } from '../../../lib/finding/finding.js';

/** Characters. */
const LONGEST = 10_000;

/** Every finding has a code of the catalogue, its severity, and words; these quote nothing without end. */
export function assertOfCatalogue(findings: readonly Finding[]): void {
  for (const { code, severity, message } of findings) {
    assert.ok(isFindingCode(code), `the code ${code} is not in the catalogue`);
    assert.is(severity, catalogue[code].severity);
    assert.ok(message.length > 0 && message.length < LONGEST);
  }
}

/** Whether they leave an input to be opened. */
export const isAccepted = (findings: readonly Finding[]): boolean =>
  !findings.some(({ severity }) => severity === 'error' || severity === 'unverified');
