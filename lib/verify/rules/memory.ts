import { type Finding, finding } from '../../finding/finding.js';
import { wordsRemedy } from '../../finding/remedy.js';

export interface MemoryFacts {
  /** Path of `memory-ranges`, the name under which Cloud Hypervisor looks for it (vmm/src/memory_manager.rs). */
  readonly path: string;
  /** Bytes of the file; null when it is judged missing by another rule. */
  readonly bytes: bigint | null;
  /** Bytes that state.json names: the sum of its ranges. */
  readonly stateBytes: bigint | null;
  /** Bytes of `memory.size` in config.json. */
  readonly configBytes: bigint | null;
  /** Bytes of the record's `memory`. */
  readonly recordBytes: bigint | null;
}

/**
 * Rule 8: guest memory has exactly the bytes that its three witnesses name. A file cut short by a full disk is restored
 * as zeros without an error.
 */
export function judgeMemory(facts: MemoryFacts): Finding[] {
  if (facts.bytes === null) return [];
  const witnesses = [
    { bytes: facts.stateBytes, from: 'state.json' },
    { bytes: facts.configBytes, from: 'config.json' },
    { bytes: facts.recordBytes, from: 'snapshot record' },
  ];
  const contradicting = witnesses.find((witness) => witness.bytes !== null && witness.bytes !== facts.bytes);
  if (contradicting === undefined) return [];
  return [
    finding('memory-size-mismatch', 'guest memory has not the size that it must have', {
      subject: facts.path,
      expected: `${contradicting.bytes} bytes`,
      expectedFrom: contradicting.from,
      actual: `${facts.bytes} bytes`,
      ...wordsRemedy('take the snapshot again, or import it again'),
    }),
  ];
}
