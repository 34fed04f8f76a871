import { basename } from 'node:path';
import { contentAt } from './files-of.js';
import { brokenNext } from './invariants.js';
import { sealsOf } from './remembered.js';
import type { TroubledNode } from './troubled-node.js';

/** The seal of a snapshot's base, where it is a new one, speaks of what stands there; all else is as it was. */
export async function brokenSeal(node: TroubledNode, ref: string): Promise<readonly string[]> {
  const path = node.blobOf(ref);
  const [blob = ''] = basename(path).split('.');
  const seal = (await sealsOf(node)).get(blob);
  const isNew = seal !== undefined && seal.digest !== node.sealedAs.get(blob);
  const wrong = isNew && seal.digest !== `sha256:${contentAt(path)}` ? [`${ref} is sealed as ${seal.digest}`] : [];
  const verdicts = new Map(node.verdicts).set(ref, isNew ? 'allow' : 'deny');
  return [...wrong, ...(await brokenNext({ ...node, verdicts }))];
}
