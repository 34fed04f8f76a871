import { stat } from 'node:fs/promises';
import { type ProgramOptions, type ProgramRun, runProgram } from './run-program.js';
import { readUnitFacts, type UnitFacts, unitProperties } from './show-output.js';

/** Where a running systemd leaves its mark: sd_booted(3). */
const bootedMark = '/run/systemd/system';

/** Whether systemd runs this machine. */
export async function isBootedBySystemd(): Promise<boolean> {
  try {
    return (await stat(bootedMark)).isDirectory();
  } catch {
    return false;
  }
}

export type ShownUnit = { readonly facts: UnitFacts } | { readonly problem: string };

export async function showUnit(unit: string, options: ProgramOptions): Promise<ShownUnit> {
  const properties = unitProperties.flatMap((property) => ['-p', property]);
  const run = await runProgram('systemctl', ['show', ...properties, '--', unit], options);
  const problem = problemOf(run, 'systemctl show');
  if (problem !== null || run.kind === 'failed') return { problem: problem ?? 'it failed' };
  const facts = readUnitFacts(run.stdout);
  return facts.loadState === '' ? { problem: 'systemctl show says nothing of it' } : { facts };
}

/** Lets systemd read its units again; returns what went wrong, or null. */
export async function reloadUnits(options: ProgramOptions): Promise<string | null> {
  return problemOf(await runProgram('systemctl', ['daemon-reload'], options), 'systemctl daemon-reload');
}

function problemOf(run: ProgramRun, what: string): string | null {
  if (run.kind === 'failed') return run.reason;
  if (run.status === 0) return null;
  return `${what} ended with ${run.status}: ${firstLine(run.stderr)}`;
}

/** The first words of what a program says on standard error. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0] || 'it does not say why';
}
