import { lstatSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary.js';

const probe = join(temporaryDirectory(), 'probe');
writeFileSync(probe, '');

/**
 * Comes back when the clock of files has moved on, so that what changes from now on has another ctime than what has changed
 * before. Linux counts ticks of some milliseconds; from 6.13 on it counts finer where somebody has looked.
 */
export function untilFileTimeMoves(): void {
  const { ctimeNs } = lstatSync(probe, { bigint: true });
  do utimesSync(probe, 1, 1);
  while (lstatSync(probe, { bigint: true }).ctimeNs === ctimeNs);
}
