import { resolve } from 'node:path';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { findCocoon } from '../remedy/find-cocoon.js';
import type { InstallReport, SealReport } from '../report/documents.js';
import { DEFAULT_STATE_DIRECTORY } from '../trust/state-directory.js';
import { sealBlobs } from '../verify/seal-blobs.js';
import { type ExistingFile, existingFile } from './existing-file.js';
import { judgeGate } from './judge-gate.js';
import { judgePrograms } from './judge-programs.js';
import { type InstallOptions, programsOf } from './options.js';
import { placesIn } from './places.js';
import { type Plan, planInstall } from './plan.js';
import { type PresentUnits, presentUnits } from './present-units.js';
import { putFile } from './put-file.js';
import { selfTest } from './self-test.js';
import { reportOf, type Steps, startSteps } from './steps.js';
import { vkCocoon } from './units.js';

export interface InstallRequest {
  /** Refuse where there is no vk-cocoon to gate. */
  readonly vkCocoon?: boolean;
  /** Say what would be done, and change nothing. */
  readonly dryRun?: boolean;
}

/**
 * Puts the guard before the cocoon of a node, and proves that it stands there: files, systemd's own word on them, the
 * first seals, and a clone that must be refused. Run again it changes nothing, and mends what was interrupted.
 */
export async function installNode(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
  if (request.dryRun !== true) needRoot('install');
  const steps = startSteps(options.onStep ?? (() => {}));
  const dryRun = request.dryRun === true;
  const report = (seal: SealReport | null = null) => reportOf('install', dryRun, steps, seal);
  const { guard, preClone } = programsOf(options);
  const running = { path: options.path, signal: options.signal };
  const places = placesIn(options.etc ?? '/etc');

  const present = await presentUnits(running);
  const plan = await planOf(options, guard, present);
  refusePlan(plan, present, request, steps);
  await judgePrograms({ guard, preClone, settings: plan.settings }, steps);
  if (steps.list.some(({ outcome }) => outcome === 'refused')) return report();
  if (dryRun) {
    tellPlan(plan, present, steps);
    return report();
  }
  if (!(await writeFiles(plan, steps))) return report();
  tellOverruled(plan, options, places.settings, steps);

  const stateDir = plan.settings.get('BLOBCHECK_STATE_DIR') || DEFAULT_STATE_DIRECTORY;
  const cocoon = plan.settings.get('BLOBCHECK_COCOON') ?? '';
  await judgeGate(present, { environmentFile: places.environment, guard, cocoon }, running, steps);
  const seal = await sealBlobs({ names: [], all: true }, options.check(stateDir));
  tellSeals(seal, steps);
  const mode = plan.settings.get('BLOBCHECK_MODE') ?? '';
  await selfTest({ guard, preClone, mode, stateDir, signal: options.signal }, steps);
  return report(seal);
}

/** `usage`, because nothing was done and nothing was found out. */
export function needRoot(command: string): void {
  if (process.geteuid?.() === 0) return;
  throw new BlobcheckError('usage', `${command} needs root, or --dry-run: sudo blobcheck ${command}`);
}

async function planOf(options: InstallOptions, guard: string, present: PresentUnits): Promise<Plan> {
  const places = placesIn(options.etc ?? '/etc');
  const units = present.units.map(({ name }) => name);
  const existing = new Map<string, ExistingFile>();
  for (const path of [places.settings, places.environment, ...units.map(places.dropIn)]) {
    existing.set(path, await existingFile(path));
  }
  const stateDir = resolve(options.stateDir);
  return planInstall({
    places,
    existing,
    guard,
    cocoon: findCocoon(options.cocoon, options.path),
    node: options.node,
    stateDir: stateDir === DEFAULT_STATE_DIRECTORY ? null : stateDir,
    units,
  });
}

function refusePlan(plan: Plan, present: PresentUnits, request: InstallRequest, steps: Steps): void {
  for (const { subject, message, remedy } of plan.refusals) {
    steps.add('file', 'refused', subject, message, remedy ?? undefined);
  }
  for (const { unit, message } of present.problems) steps.add('unit', 'unverified', unit, message);
  if (request.vkCocoon === true && !present.units.includes(vkCocoon)) {
    const unknown = present.problems.some(({ unit }) => unit === vkCocoon.name);
    const none = unknown ? 'systemd does not say that there is one' : 'there is no such unit that can be started';
    const why = present.systemd ? none : 'systemd does not run this machine';
    steps.add('unit', 'refused', vkCocoon.name, `${why}, and --vk-cocoon asks for it`);
  }
}

function tellPlan(plan: Plan, present: PresentUnits, steps: Steps): void {
  const words = { create: 'would be written', replace: 'would be written anew', unchanged: 'stays as it is' };
  for (const { path, action } of plan.files) {
    steps.add('file', action === 'unchanged' ? 'unchanged' : 'planned', path, words[action]);
  }
  if (present.systemd) steps.add('systemd', 'planned', null, 'systemctl daemon-reload');
  for (const { name } of present.units) steps.add('unit', 'planned', name, 'would be asked what it starts with');
  steps.add('seal', 'planned', null, 'seal --all');
  steps.add('self-test', 'planned', null, 'a clone that must be let through, and one that must be refused');
}

async function writeFiles(plan: Plan, steps: Steps): Promise<boolean> {
  for (const { path, action, text } of plan.files) {
    if (action === 'unchanged') {
      steps.add('file', 'unchanged', path, 'is as it must be');
      continue;
    }
    try {
      await putFile(path, text);
    } catch (error) {
      const message = `cannot be written: ${systemErrorText(error)}`;
      steps.add('file', 'refused', path, message, 'mend that and run it again: it goes on where it stopped');
      return false;
    }
    steps.add('file', 'done', path, action === 'create' ? 'written' : 'written anew');
  }
  return true;
}

/** What somebody names now and the settings, which are kept, name otherwise. */
function tellOverruled(plan: Plan, options: InstallOptions, settingsFile: string, steps: Steps): void {
  const overruled = (key: string, named: string | null) => {
    const value = plan.settings.get(key);
    if (named === null || value === undefined || value === named) return;
    steps.add('file', 'warning', settingsFile, `${key} stays ${value}, and not ${named}`, `edit ${settingsFile}`);
  };
  overruled('BLOBCHECK_COCOON', options.cocoon);
  const stateDir = resolve(options.stateDir);
  overruled('BLOBCHECK_STATE_DIR', stateDir === DEFAULT_STATE_DIRECTORY ? null : stateDir);
}

function tellSeals(seal: SealReport, steps: Steps): void {
  const count = (outcome: string) => seal.blobs.filter((blob) => blob.outcome === outcome).length;
  const message = `seal --all: ${count('sealed')} sealed, ${count('kept')} kept, ${count('refused')} refused`;
  const outcome = ({ allow: 'done', deny: 'refused', unverified: 'unverified' } as const)[seal.verdict];
  steps.add(
    'seal',
    outcome,
    seal.root,
    message,
    outcome === 'done' ? undefined : 'mend that, then: blobcheck seal --all',
  );
}
