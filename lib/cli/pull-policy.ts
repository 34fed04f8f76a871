import { type PullPolicy, parsePullPolicy } from '../index.js';
import type { Terminal } from './terminal.js';

/**
 * The pull policy of a snapshot: the first pattern of the settings that fits its name, else BLOBCHECK_PULL_POLICY, else
 * `otherwise`. Throws `usage` for a word that is none.
 */
export async function policyByName(terminal: Terminal, otherwise: PullPolicy): Promise<(name: string) => PullPolicy> {
  const word = terminal.env.BLOBCHECK_PULL_POLICY;
  const general = word ? parsePullPolicy(word) : otherwise;
  if (terminal.policies.length === 0) return () => general;
  const { default: picomatch } = await import('picomatch');
  const patterns = terminal.policies.map(({ pattern, policy }) => ({
    // With `bash`, `*` crosses `/`, as a person expects of `simular/*`.
    matches: picomatch(pattern, { bash: true, dot: true }),
    policy,
  }));
  return (name) => patterns.find(({ matches }) => matches(name))?.policy ?? general;
}
