import { BlobcheckError } from '../errors.js';

/**
 * When a base is brought, in the words of Kubernetes. `IfNotPresent`: when the exact content is not here. `Always`: the
 * same, after reading the base in full, whatever is remembered (a snapshot names its base by digest, so nothing newer
 * can exist). `Never`: cocoon is not called.
 */
export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export const pullPolicies: readonly PullPolicy[] = ['Always', 'IfNotPresent', 'Never'];

/** Throws `usage` for another word. */
export function parsePullPolicy(word: string): PullPolicy {
  const found = pullPolicies.find((policy) => policy === word);
  if (found !== undefined) return found;
  throw new BlobcheckError('usage', `there is no pull policy '${word}'; it is ${pullPolicies.join(', ')}`);
}
