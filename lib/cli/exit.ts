import type { Verdict } from '../index.js';

/** The exit codes of the contract; every command's code comes from here. */
export const exitCodes = {
  allow: 0,
  deny: 1,
  usage: 2,
  unverified: 3,
  /** EX_TEMPFAIL of sysexits.h: another process does the same; asked for by --alone. */
  busy: 75,
  interrupted: 130,
  terminated: 143,
  /** SIGHUP: 128 and its number, as of the other two. */
  hungUp: 129,
} as const;

export function exitCodeOf(verdict: Verdict): number {
  return exitCodes[verdict];
}

export const exitCodesHelp = `
Exit codes: 0 allow, 1 deny, 2 wrong usage, 3 unverified (something could not be judged), 129 / 130 / 143 interrupted.`;
