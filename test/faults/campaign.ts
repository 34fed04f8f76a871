import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import type { Asked } from './answers.js';
import type { Call } from './calls.js';
import { faultsOf, isOurs, sampleOf } from './faults-of.js';
import { beforeFault, brokenInvariants, type Happened } from './invariants.js';
import { type Fault, runTraced, type TracedRun } from './traced.js';
import type { TroubledNode } from './troubled-node.js';

/** A command on a node, of which every call is to fail once. */
export interface Campaign {
  readonly node: TroubledNode;
  /** Words after `blobcheck`, or all of them for `run`. */
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Makes the node what it was. */
  reset(): void;
  /** Runs the words; as blobcheck's if nothing else is said. */
  readonly run?: typeof runTraced;
  /** What differs from a command that judges all and prints a document. */
  readonly differs?: (ran: TracedRun) => Partial<Happened>;
  /** Which of a run's calls are to fail, if not all of the program's own. */
  readonly pick?: (fault: Fault) => boolean;
}

/** Faults of one command in the long form, which takes an hour for all of them; every one if nothing is said. */
const most = Number(process.env.BLOBCHECK_TEST_FAULTS) || Number.POSITIVE_INFINITY;

/** What a signal may end a command in. */
export const asEnded: Readonly<Record<string, readonly (number | NodeJS.Signals)[]>> = {
  'signal=SIGKILL': ['SIGKILL', 137],
  'signal=SIGTERM': [143],
  'signal=SIGINT': [130],
};

/** A command that is run again and again, and what does not hold after each run. */
export interface Trial {
  run(fault: Fault | null): Promise<{ readonly ran: TracedRun; readonly broken: readonly string[] }>;
  /** Which of a run's calls are to fail, if not all of the program's own. */
  readonly pick?: ((fault: Fault) => boolean) | undefined;
}

const faultNeeds = ['strace', 'flock', 'tracing', 'receipts'];

/** Tries a command with every fault that one run of it may meet; in `npm test` with a few of them, always the same ones. */
export function tryEveryFault(test: Test, name: string, quick: number, make: () => Promise<Campaign>): void {
  tryFaults(test, { name, quick, needs: faultNeeds }, async () => trialOf(await make()));
}

/** The same for a command that has invariants of its own. */
export function tryFaults(
  test: Test,
  { name, quick, needs: what }: { readonly name: string; readonly quick: number; readonly needs: readonly string[] },
  make: () => Promise<Trial>,
): void {
  needs(what, test, `${name}: whatever call fails, nothing is lost`, async () => {
    const trial = await make();
    const untroubled = await trial.run(null);
    assert.equal(untroubled.broken, [], 'without a fault');
    const { threads, children } = untroubled.ran;
    const every = faultsOf(threads, children).filter((fault) => trial.pick?.(fault) ?? true);
    const faults = sampleOf(every, amount(quick, most));
    const counts = { faults: 0, reached: 0, 'not allowed': 0, broken: 0, 'false allows': 0 };
    const failures: string[] = [];
    for (const fault of faults) {
      const { ran, broken } = await trial.run(fault);
      counts.faults += 1;
      // Calls of Node's own come in another order in each run: this time it was one of them.
      if (ran.injected.length > 0 && !ran.injected.some(isOurs)) continue;
      if (ran.injected.length > 0 || fault.what.startsWith('signal')) counts.reached += 1;
      if (ran.status !== untroubled.ran.status) counts['not allowed'] += 1;
      if (broken.length > 0) counts.broken += 1;
      counts['false allows'] += broken.filter((what) => what.startsWith('FALSE ALLOW')).length;
      const hit = ran.injected.map(({ line }) => line).join('\n    ');
      const told = broken.map(
        (what) => `${fault.call} ${fault.nth} ${fault.what}: ${what}\n    ${hit}\n    ${said(ran)}`,
      );
      // The long form takes an hour: who watches it need not wait for its end.
      if (amount(false, true)) for (const text of told) process.stderr.write(`${text}\n`);
      failures.push(...told);
    }
    tally(`faults of \`${name}\``, counts);
    assert.ok(counts.reached > 0, 'no fault was met');
    assert.is(failures.length, 0, `${failures.length} of ${faults.length}\n${failures.join('\n')}`);
  });
}

/** What the command prints when nothing fails is what it may print in the end. */
function trialOf(campaign: Campaign): Trial {
  let printed = '';
  return {
    pick: campaign.pick,
    run: async (fault) => {
      const judged = await runAndJudge(campaign, fault, { verdicts: campaign.node.verdicts, printed });
      if (fault === null) printed = judged.ran.stdout;
      return judged;
    },
  };
}

const said = ({ status, signal, stderr }: TracedRun) => `${signal ?? status} ${stderr.trim().slice(0, 500)}`;

async function runAndJudge(campaign: Campaign, fault: Fault | null, asked: Asked) {
  const { node, words, env = {}, reset, run = runTraced, differs } = campaign;
  reset();
  const before = await beforeFault(node);
  const ran = await run(words, { PATH: process.env.PATH, NO_COLOR: '1', ...env }, fault);
  const mayBeMute = ran.injected.some((call) => !isOfNode(node, call));
  const own = new Set(ran.threads.flatMap(({ calls }) => calls));
  const broken = await brokenInvariants(before, {
    ended: ran,
    asked: { ...asked, mayBeMute },
    mayEndIn: asEnded[fault?.what ?? ''] ?? [],
    // A call of the same number in a child, or of Node's own, fails as well.
    isNodes: ran.injected.some((call) => !own.has(call) || !isOurs(call)),
    ...differs?.(ran),
  });
  return { ran, broken };
}

/** About the store or what is remembered of it, or the start of a program that helps to read it. */
function isOfNode({ root, state }: TroubledNode, { name, paths }: Call): boolean {
  const helps = name === 'clone' || name === 'vfork' || name === 'pipe2' || name === 'execve';
  return helps || paths.some((path) => path.startsWith(root.directory) || path.startsWith(state));
}
