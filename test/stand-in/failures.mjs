/**
 * Failures on demand: `STAND_IN_FAIL=<step>:<how>` where the step is
 *   download     after half of the bytes of a pull have been written
 *   committed    a pull has put its blob in place, and not yet its entry into the index
 * and how is `kill` (the process dies by SIGKILL), `hang` (until it is killed) or `wrong` (other bytes come).
 */
export async function failAt(step, env) {
  const how = whatFails(step, env);
  if (how === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    await forever();
  }
  if (how === 'hang') await forever();
}

export function whatFails(step, env) {
  const [at, how] = (env.STAND_IN_FAIL ?? '').split(':');
  return at === step ? how : null;
}

function forever() {
  return new Promise(() => setInterval(() => {}, 1 << 30));
}
