import type { VerifyReport } from '../../lib/report/documents.js';
import type { StoreCheckOptions } from '../../lib/verify/run.js';
import type { SmallNode } from '../builders/small-node.js';
import { verifyNode } from '../support/verify-node.js';
import { type Act, perform } from './acts.js';
import { untilFileTimeMoves } from './file-time.js';
import { stepwise } from './stepwise.js';

/** How a base is judged: by reading it, or by what is remembered of the last read. */
export type Mode = 'read' | 'remembered';

const optionsOf: Readonly<Record<Mode, Partial<StoreCheckOptions>>> = {
  read: { stateDir: null, content: 'read' },
  // As a hook looks first: nothing is read.
  remembered: { content: 'remembered' },
};

export interface Watched {
  readonly report: VerifyReport;
  /** What each call of the file system was given. */
  readonly paths: readonly string[];
}

/** Verifies `app:v1`, and does what is to be done right before the calls of these numbers, or after the last one. */
export async function judgedWith(
  node: SmallNode,
  mode: Mode,
  acts: ReadonlyMap<number, readonly Act[] | (() => void)> = new Map(),
): Promise<Watched> {
  const paths: string[] = [];
  const report = await stepwise(
    () => verifyNode(node, undefined, optionsOf[mode]),
    (step, path) => {
      performLater(acts.get(step) ?? []);
      paths.push(path);
    },
  );
  for (const [step, left] of acts) if (step >= paths.length) performLater(left);
  return { report, paths };
}

/** At another time than all that was done before, by the clock of files. */
export function performLater(acts: readonly Act[] | (() => void)): void {
  if (acts.length === 0 && typeof acts !== 'function') return;
  untilFileTimeMoves();
  if (typeof acts === 'function') acts();
  else perform(acts);
}
