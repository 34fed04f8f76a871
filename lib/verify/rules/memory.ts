import { type Finding, finding } from '../../finding/finding.js';

export interface MemoryFacts {
  /** Path of `memory-ranges`, the name under which Cloud Hypervisor looks for it (vmm/src/memory_manager.rs), or `mem`. */
  readonly path: string;
  /** Bytes of the file; null when it is judged missing by another rule. */
  readonly bytes: bigint | null;
  /** Bytes that the machine's state names: the sum of its ranges. */
  readonly stateBytes: bigint | null;
  /** Bytes of `memory.size` in config.json, or of `memory` in cocoon.json of a Firecracker snapshot. */
  readonly configBytes: bigint | null;
  /** Bytes of the record's `memory`. */
  readonly recordBytes: bigint | null;
  /** The files that `stateBytes` and `configBytes` stand in. */
  readonly witnesses: { readonly state: string; readonly config: string };
}

/**
 * Rule 8: the file has exactly the bytes of the ranges that state.json names, which are what the hypervisor restores: one
 * cut short by a full disk is restored as zeros without an error. config.json and the record agree, and may name more:
 * a clone that was given more memory than its snapshot keeps its ranges (MemoryManager::new of Cloud Hypervisor restores
 * them), while cocoon writes the new size into both.
 */
export function judgeMemory(facts: MemoryFacts): Finding[] {
  const { path, bytes, stateBytes, configBytes, recordBytes, witnesses } = facts;
  if (bytes === null) return [];
  const message = 'guest memory has not the size that it must have';
  if (stateBytes !== null && bytes !== stateBytes) {
    return [mismatch(path, message, `${stateBytes} bytes`, witnesses.state, bytes)];
  }
  if (configBytes !== null && configBytes < bytes) {
    return [mismatch(path, message, `at most ${configBytes} bytes`, witnesses.config, bytes)];
  }
  if (configBytes !== null && recordBytes !== null && configBytes !== recordBytes) {
    const differ = `${witnesses.config} and the record name another size of guest memory`;
    return [mismatch(path, differ, `${recordBytes} bytes`, 'snapshot record', configBytes)];
  }
  return [];
}

function mismatch(subject: string, message: string, expected: string, expectedFrom: string, actual: bigint): Finding {
  return finding('memory-size-mismatch', message, { subject, expected, expectedFrom, actual: `${actual} bytes` });
}
