import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import type { InstallStep } from '../report/documents.js';
import { filesAfter, judgeProcess, judgeUnit, type LaterFile } from './effective.js';
import type { ProgramOptions } from './run-program.js';
import type { UnitFacts } from './show-output.js';
import { showUnit } from './systemctl.js';
import type { CocoonUnit } from './units.js';

export interface Gate {
  readonly environmentFile: string;
  readonly guard: string;
  readonly cocoon: string;
}

export interface CheckedUnit {
  readonly steps: readonly InstallStep[];
  /** Null where systemd did not say. */
  readonly shown: UnitFacts | null;
}

/** Asks systemd what a unit will really be started with, and the kernel what it runs with. */
export async function checkUnit(unit: CocoonUnit, gate: Gate, options: ProgramOptions): Promise<CheckedUnit> {
  const answer = await showUnit(unit.name, options);
  if ('problem' in answer) {
    const { problem: message } = answer;
    return {
      steps: [{ step: 'unit', outcome: 'unverified', subject: unit.name, message, remedy: null }],
      shown: null,
    };
  }
  const shown = answer.facts;
  const later: LaterFile[] = [];
  for (const { path } of filesAfter(gate.environmentFile, shown.environmentFiles) ?? []) {
    const file = await laterFile(path);
    if (file !== null) later.push(file);
  }
  const steps = [...judgeUnit({ unit, shown, later, ...gate })];
  if (shown.mainPid === null) {
    steps.push({ step: 'process', outcome: 'done', subject: unit.name, message: 'does not run now', remedy: null });
  } else {
    const environ = await environmentOf(shown.mainPid);
    steps.push(...judgeProcess(unit, shown.mainPid, environ, gate.guard, gate.cocoon));
  }
  return { steps, shown };
}

/** Null where there is none. A pattern is not followed: what it matches may be another file tomorrow. */
async function laterFile(path: string): Promise<LaterFile | null> {
  if (/[*?[]/.test(path)) return { path, text: null };
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? null : { path, text: null };
  }
}

/** The environment that a process was started with; null where it cannot be read. */
export async function environmentOf(pid: number): Promise<ReadonlyMap<string, string> | null> {
  try {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8');
    const pairs = text.split('\0').map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]);
    return new Map(pairs as [string, string][]);
  } catch {
    return null;
  }
}
