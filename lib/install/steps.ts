import type { InstallReport, InstallStep, SealReport, Verdict } from '../report/documents.js';
import { worstVerdict } from '../verify/verdict.js';

/** What was done so far; each step is told as it happens. */
export interface Steps {
  readonly list: readonly InstallStep[];
  add(
    step: InstallStep['step'],
    outcome: InstallStep['outcome'],
    subject: string | null,
    message: string,
    remedy?: string,
  ): void;
  addAll(steps: readonly InstallStep[]): void;
}

export function startSteps(onStep: (step: InstallStep) => void): Steps {
  const list: InstallStep[] = [];
  const push = (step: InstallStep) => {
    list.push(step);
    onStep(step);
  };
  return {
    list,
    add: (step, outcome, subject, message, remedy) => push({ step, outcome, subject, message, remedy: remedy ?? null }),
    addAll: (steps) => steps.forEach(push),
  };
}

const verdicts: Readonly<Record<InstallStep['outcome'], Verdict>> = {
  done: 'allow',
  unchanged: 'allow',
  planned: 'allow',
  warning: 'allow',
  refused: 'deny',
  unverified: 'unverified',
};

export function reportOf(
  command: InstallReport['command'],
  dryRun: boolean,
  steps: Steps,
  seal: SealReport | null = null,
): InstallReport {
  const verdict = worstVerdict(steps.list.map(({ outcome }) => verdicts[outcome]));
  return { schema: 'blobcheck/install/v1', command, dryRun, verdict, steps: [...steps.list], seal };
}
