import { isSystemError, systemErrorText } from '../errors.js';
import { type ProgramRun, runProgram } from './run-program.js';
import type { Steps } from './steps.js';
import { firstLine } from './systemctl.js';
import { badSnapshot, goodSnapshot, makeThrowawayRoot, type ThrowawayRoot } from './throwaway-root.js';

/** Where systemd and sudo let a service look for programs: the self-test finds no more than a service does. */
const servicePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Milliseconds. A few megabytes are read; the rest is a machine that has much else to do. */
const WAIT_MS = 120_000;

export interface SelfTest {
  readonly preClone: string;
  readonly guard: string;
  /** BLOBCHECK_MODE of the node. */
  readonly mode: string;
  readonly stateDir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets the hook and the guard judge two snapshots of a throwaway root, with the settings, the Node and the state
 * directory of this node: a file of settings wins over whatever else could be said to them. What they remember of a
 * root lies apart from that of others, by its path, and is removed again.
 */
export async function selfTest(test: SelfTest, steps: Steps): Promise<void> {
  let root: ThrowawayRoot;
  try {
    root = await makeThrowawayRoot(test.stateDir);
  } catch (error) {
    steps.add('self-test', 'unverified', null, `a throwaway root cannot be made: ${systemErrorText(error)}`);
    return;
  }
  try {
    await lettingThrough(test, root, steps);
    // Whatever is no mode counts as enforce.
    if (!['warn', 'off'].includes(test.mode)) await refusing(test, root, steps);
    else {
      // The guard would start the real cocoon.
      const message = `BLOBCHECK_MODE is ${JSON.stringify(test.mode)}: this node does not refuse`;
      steps.add('self-test', 'refused', null, message, 'set BLOBCHECK_MODE=enforce');
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    steps.add('self-test', 'unverified', null, `the throwaway root cannot be looked at: ${systemErrorText(error)}`);
  } finally {
    for (const problem of await root.remove()) steps.add('self-test', 'warning', null, problem);
  }
}

async function lettingThrough(test: SelfTest, root: ThrowawayRoot, steps: Steps): Promise<void> {
  const run = await start(test.preClone, ['--root-dir', root.directory, '--', goodSnapshot], test.signal);
  const add = adder(run, steps, test.preClone);
  if (run.kind === 'ended' && run.status === 0) add('done', 'a healthy clone is let through');
  else if (run.kind === 'ended' && run.status === 1) add('refused', 'a healthy clone is refused');
  else add('unverified', 'whether a healthy clone is let through is not known');
}

async function refusing(test: SelfTest, root: ThrowawayRoot, steps: Steps): Promise<void> {
  const before = await root.names();
  const run = await start(test.guard, ['--root-dir', root.directory, 'vm', 'clone', badSnapshot], test.signal);
  const started = (await root.names()).join('\n') !== before.join('\n');
  const add = adder(run, steps, test.guard);
  if (started) add('refused', 'a clone without its base came to the real cocoon, which changed the root');
  else if (run.kind === 'ended' && run.status === 1 && run.stdout === '' && /\bblob-missing\b/.test(run.stderr)) {
    add('done', 'a clone without its base is refused, before the real cocoon is started');
  } else if (run.kind === 'ended' && run.status === 0) add('refused', 'a clone without its base is let through');
  else add('unverified', 'a clone without its base came to nothing, but not because its base is missing');
}

function adder(run: ProgramRun, steps: Steps, program: string) {
  return (outcome: 'done' | 'refused' | 'unverified', message: string) => {
    const why = run.kind === 'failed' ? run.reason : `exit code ${run.status}: ${firstLine(run.stderr)}`;
    steps.add('self-test', outcome, program, outcome === 'done' ? message : `${message} (${why})`);
  };
}

function start(program: string, args: readonly string[], signal: AbortSignal | undefined): Promise<ProgramRun> {
  return runProgram(program, args, { path: servicePath, waitMs: WAIT_MS, signal });
}
