import { dirname } from 'node:path';
import type { InstallStep } from '../report/documents.js';
import { type ProgramOptions, runProgram } from './run-program.js';
import { firstLine } from './systemctl.js';

/**
 * Whether a service that is not root's may run the guard by sudo, and without a password: nobody is there to type one.
 */
export async function checkSudo(user: string, guard: string, options: ProgramOptions): Promise<InstallStep> {
  const line = `${user} ALL=(root) NOPASSWD: ${guard}`;
  const about = (outcome: InstallStep['outcome'], message: string, remedy: string | null): InstallStep => {
    return { step: 'sudo', outcome, subject: user, message, remedy };
  };
  const missing = (why: string) => about('refused', why, `add to a file in /etc/sudoers.d (visudo -f): ${line}`);
  // With the words of a clone: a rule may allow a program with some arguments only.
  const asked = await runProgram('sudo', ['-n', '-l', '-U', user, '--', guard, 'vm', 'clone'], options);
  if (asked.kind === 'failed') return about('unverified', asked.reason, line);
  const complaints = asked.stderr.split('\n').filter((text) => !/^$|unable to resolve host/.test(text));
  if (asked.status !== 0 && complaints.length > 0) return about('unverified', firstLine(complaints.join('\n')), line);
  if (asked.status !== 0) return missing(`may not run ${guard} by sudo`);
  const listed = await runProgram('sudo', ['-n', '-l', '-U', user], options);
  if (listed.kind === 'failed' || listed.status !== 0) {
    return about('unverified', 'may run the guard by sudo; whether without a password, sudo does not say', line);
  }
  const password = asksPassword(listed.stdout, guard);
  if (password === true) return missing(`may run ${guard} by sudo, but only with a password`);
  if (password === null) return about('unverified', `may run ${guard} by sudo, perhaps only with a password`, line);
  return about('done', `may run ${guard} by sudo, without a password`, null);
}

/**
 * Whether the rules that `sudo -l` lists ask for a password before a program; null where none names it plainly. Of
 * several rules the last one counts (sudoers(5)), and a tag holds for what follows it.
 */
export function asksPassword(listing: string, program: string): boolean | null {
  if (/^\s+.*!authenticate\b/m.test(listing.split('may run the following')[0] ?? '')) return false;
  let answer: boolean | null = null;
  for (const line of listing.split('\n')) {
    const rule = /^\s+\(([^)]*)\)\s+(.*)$/.exec(line);
    if (rule === null || !/(?:^|[ ,])(?:root|ALL|#0)(?:$|[ ,:])/.test(rule[1] ?? '')) continue;
    let asks = true;
    for (const entry of (rule[2] ?? '').split(', ')) {
      const [, tags = '', command = ''] = /^((?:[A-Z_]+: ?)*)(.*)$/.exec(entry) ?? [];
      if (/\bNOPASSWD:/.test(tags)) asks = false;
      else if (/\bPASSWD:/.test(tags)) asks = true;
      if (['ALL', program, `${program} *`, `${dirname(program)}/`].includes(command)) answer = asks;
    }
  }
  return answer;
}
