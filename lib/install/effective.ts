import type { InstallStep } from '../report/documents.js';
import type { UnitFacts } from './show-output.js';
import type { CocoonUnit } from './units.js';

/** A file that a unit reads its environment from, after ours. */
export interface LaterFile {
  readonly path: string;
  /** Null where it could not be read. */
  readonly text: string | null;
}

export interface EffectiveFacts {
  readonly unit: CocoonUnit;
  readonly shown: UnitFacts;
  readonly environmentFile: string;
  readonly guard: string;
  /** Those of `shown.environmentFiles` that come after ours and are there. */
  readonly later: readonly LaterFile[];
}

/** The files that a unit reads after ours; null where it does not read ours. */
export function filesAfter(
  environmentFile: string,
  files: UnitFacts['environmentFiles'],
): UnitFacts['environmentFiles'] | null {
  const at = files.findLastIndex(({ path }) => path === environmentFile);
  return at < 0 ? null : files.slice(at + 1);
}

/** Whether a unit will run the guard when it is started the next time. */
export function judgeUnit({ unit, shown, environmentFile, guard, later }: EffectiveFacts): readonly InstallStep[] {
  const { name, variable } = unit;
  const refused = (message: string, remedy: string): InstallStep => {
    return { step: 'unit', outcome: 'refused', subject: name, message, remedy };
  };
  if (filesAfter(environmentFile, shown.environmentFiles) === null) {
    return [refused(`does not read ${environmentFile}: its drop-in is not applied`, `systemctl cat ${name}`)];
  }
  const problems: InstallStep[] = [];
  for (const { path, text } of later) {
    if (text === null) {
      const message = `reads ${path} after ${environmentFile}, and what it sets could not be read`;
      problems.push({ step: 'unit', outcome: 'unverified', subject: name, message, remedy: null });
    } else if (assigns(text, variable)) {
      const message = `${path} sets ${variable} again, after ${environmentFile}`;
      problems.push(refused(message, `remove ${variable} from ${path}`));
    }
  }
  if (shown.unset.some((word) => word === variable || word.startsWith(`${variable}=`))) {
    problems.push(refused(`takes ${variable} away with UnsetEnvironment=`, `systemctl cat ${name}`));
  }
  if (shown.execStart.includes(`${variable}=`)) {
    problems.push(refused(`sets ${variable} in its own ExecStart=`, `systemctl cat ${name}`));
  }
  if (problems.length > 0) return problems;
  const message = `starts with ${variable}=${guard}`;
  return [{ step: 'unit', outcome: 'done', subject: name, message, remedy: null }];
}

/**
 * Whether an environment file sets a variable. Rather too often than too seldom: a line inside a quoted value counts,
 * and what systemd takes for no assignment.
 */
function assigns(text: string, variable: string): boolean {
  return text.split('\n').some((line) => new RegExp(`^\\s*(?:export\\s+)?["']?${variable}["']?\\s*=`).test(line));
}

/** What the environment of the running process says; `environ` is null where it cannot be read. */
export function judgeProcess(
  unit: CocoonUnit,
  pid: number,
  environ: ReadonlyMap<string, string> | null,
  guard: string,
  cocoon: string,
): readonly InstallStep[] {
  const { name, variable } = unit;
  const about = (outcome: InstallStep['outcome'], message: string, remedy: string | null): InstallStep => {
    return { step: 'process', outcome, subject: name, message, remedy };
  };
  if (environ === null) return [about('unverified', `the environment of process ${pid} cannot be read`, null)];
  const value = environ.get(variable);
  if (value === guard) return [about('done', `process ${pid} runs with it`, null)];
  const has = value === undefined ? `has no ${variable}` : `has ${variable}=${value}`;
  const steps = [
    about(
      'refused',
      `process ${pid} ${has}: it clones past the check until it is restarted`,
      `systemctl restart ${name}`,
    ),
  ];
  if (value !== undefined && value !== '' && value !== cocoon) {
    const message = `ran ${value} for cocoon, and the guard will run ${cocoon}`;
    steps.push(about('warning', message, 'set BLOBCHECK_COCOON if that is not the same'));
  }
  return steps;
}
