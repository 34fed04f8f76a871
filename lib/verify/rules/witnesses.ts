import { type Finding, finding } from '../../finding/finding.js';

export interface WitnessFacts {
  readonly record: string;
  /** Hex digest in the overlay's backing name. */
  readonly headerDigest: string;
  /** The record's `image_digest`, as it stands; null in records made before it was kept. */
  readonly recordDigest: string | null;
}

/** Rule 14: the overlay's header and the record are independent witnesses of which base is meant. */
export function judgeWitnesses(facts: WitnessFacts): Finding[] {
  if (facts.recordDigest === null || facts.recordDigest === `sha256:${facts.headerDigest}`) return [];
  return [
    finding('digest-mismatch', 'the record and the overlay name different bases', {
      subject: facts.record,
      expected: `sha256:${facts.headerDigest}`,
      expectedFrom: 'overlay header',
      actual: facts.recordDigest,
    }),
  ];
}
