import { stat } from 'node:fs/promises';
import { whyNotOurs } from '../file/ownership.js';
import { isGuard, whyNotRunnable } from '../remedy/find-cocoon.js';
import type { Steps } from './steps.js';

interface Programs {
  readonly guard: string;
  readonly preClone: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** Whether every program of a guarded clone is there; one that is not would stop every clone of the node. */
export async function judgePrograms({ guard, preClone, settings }: Programs, steps: Steps): Promise<void> {
  for (const path of [guard, preClone]) {
    const problem = whyNotRunnable(path);
    if (problem !== null) steps.add('program', 'refused', path, problem, 'install the package anew');
    else {
      const notOurs = whyNotOurs(await stat(path, { bigint: true }));
      if (notOurs !== null) steps.add('program', 'warning', path, `${notOurs}: who can change it is root on this node`);
    }
  }
  for (const key of ['BLOBCHECK_COCOON', 'BLOBCHECK_NODE']) {
    const path = settings.get(key) ?? '';
    // Refused by the plan already.
    if (path === '') continue;
    const problem = whyNotRunnable(path);
    const remedy = `remove the line ${key} from the settings, and run it again`;
    if (problem !== null)
      steps.add('program', 'refused', path, `${problem}, and the settings name it (${key})`, remedy);
    else if (isGuard(path)) {
      steps.add('program', 'refused', path, `is the guard itself, and the settings name it (${key})`, remedy);
    } else steps.add('program', 'done', path, `is what the guard will run (${key})`);
  }
}
