import { appendFileSync } from 'node:fs';

/** Whether this is `npm run test:faults`, which has the time that `npm test` has not. */
const isLong = process.env.BLOBCHECK_TEST_LONG === '1';

/** How much of something a test tries: a little in `npm test`, much in `npm run test:faults`. */
export const amount = <T>(quick: T, long: T): T => (isLong ? long : quick);

/** What a test has counted: cases tried, verdicts, false allows. */
export type Counts = Readonly<Record<string, number>>;

/** Tells `npm run test:faults` what was counted, for its table; `npm test` has no table. */
export function tally(what: string, counts: Counts): void {
  const file = process.env.BLOBCHECK_TEST_TALLY;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, counts })}\n`);
}
