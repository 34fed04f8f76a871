import { join } from 'node:path';
import { systemErrorText } from '../errors.js';
import type { InstallReport } from '../report/documents.js';
import { forgetReplaceable, replaceableIn } from '../trust/forget.js';
import { environmentOf } from './check-unit.js';
import { type ExistingFile, existingFile } from './existing-file.js';
import { needRoot } from './install.js';
import { type InstallOptions, programsOf } from './options.js';
import { placesIn } from './places.js';
import { takeFile } from './put-file.js';
import { readSettings } from './settings.js';
import { reportOf, type Steps, startSteps } from './steps.js';
import { isBootedBySystemd, reloadUnits, showUnit } from './systemctl.js';
import { cocoonUnits } from './units.js';

export type UninstallOptions = Pick<InstallOptions, 'path' | 'stateDir' | 'signal' | 'onStep' | 'etc' | 'guard'>;

/** Removes what `installNode` wrote and what may be lost of the state directory; the seals stay. */
export async function uninstallNode(
  request: { readonly dryRun?: boolean },
  options: UninstallOptions,
): Promise<InstallReport> {
  const dryRun = request.dryRun === true;
  if (!dryRun) needRoot('uninstall');
  const steps = startSteps(options.onStep ?? (() => {}));
  const report = () => reportOf('uninstall', dryRun, steps);
  const places = placesIn(options.etc ?? '/etc');
  const dropIns = cocoonUnits.map(({ name }) => places.dropIn(name));
  const found = new Map<string, ExistingFile>();
  for (const path of [...dropIns, places.environment, places.settings]) found.set(path, await existingFile(path));
  for (const [path, file] of found) {
    if (file.kind === 'foreign') steps.add('file', 'refused', path, `is not ours to remove: ${file.reason}`);
  }
  if (steps.list.length > 0) return report();
  const isThere = (path: string) => found.get(path)?.kind === 'ours';
  const settings = found.get(places.settings);
  const named = settings?.kind === 'ours' ? readSettings(settings.text).get('BLOBCHECK_STATE_DIR') : undefined;
  const stateDir = named || options.stateDir;

  const systemd = await isBootedBySystemd();
  const installed = [...found.keys()].some(isThere);
  if (dryRun) {
    for (const path of [...found.keys()].filter(isThere)) steps.add('file', 'planned', path, 'would be removed');
    if (systemd && installed) steps.add('systemd', 'planned', 'systemd', 'systemctl daemon-reload');
    const { there, problems } = await replaceableIn(stateDir);
    for (const path of there) steps.add('state', 'planned', path, 'would be removed');
    for (const problem of problems) steps.add('state', 'refused', stateDir, problem);
    return report();
  }
  if (!(await removeFiles(dropIns, isThere, steps))) return report();
  if (systemd && installed && !(await reload(options, places.environment, steps))) return report();
  if (!(await removeFiles([places.environment, places.settings], isThere, steps))) return report();
  if (!installed) steps.add('file', 'unchanged', places.directory, 'nothing was installed');
  await forgetState(stateDir, steps);
  if (systemd) await tellRunning(options, programsOf(options).guard, steps);
  return report();
}

/** Of a file that is not there, what an interrupted installation left of it. */
async function removeFiles(
  paths: readonly string[],
  isThere: (path: string) => boolean,
  steps: Steps,
): Promise<boolean> {
  for (const path of paths) {
    try {
      await takeFile(path);
    } catch (error) {
      steps.add('file', 'refused', path, `cannot be removed: ${systemErrorText(error)}`, 'mend that and run it again');
      return false;
    }
    if (isThere(path)) steps.add('file', 'done', path, 'removed');
  }
  return true;
}

/** A unit that systemd still knows with our drop-in would not start without the file that it names. */
async function reload(options: UninstallOptions, environmentFile: string, steps: Steps): Promise<boolean> {
  const problem = await reloadUnits(options);
  if (problem === null) {
    steps.add('systemd', 'done', 'systemd', 'daemon-reload');
    return true;
  }
  steps.add('systemd', 'unverified', 'systemd', `${problem}; ${environmentFile} stays, for the units that name it`);
  return false;
}

async function forgetState(stateDir: string, steps: Steps): Promise<void> {
  const { removed, problems, left, seals } = await forgetReplaceable(stateDir);
  for (const path of removed) steps.add('state', 'done', path, 'removed');
  for (const problem of problems) steps.add('state', 'refused', stateDir, problem);
  for (const path of left) steps.add('state', 'warning', path, 'is not known, and stays');
  if (seals) steps.add('state', 'unchanged', join(stateDir, 'seals'), 'stays: seals are decisions');
}

async function tellRunning(options: UninstallOptions, guard: string, steps: Steps): Promise<void> {
  for (const { name, variable } of cocoonUnits) {
    const shown = await showUnit(name, options);
    if ('problem' in shown) {
      steps.add('process', 'unverified', name, shown.problem);
      continue;
    }
    if (shown.facts.mainPid === null) continue;
    const environ = await environmentOf(shown.facts.mainPid);
    if (environ === null) {
      steps.add('process', 'unverified', name, `the environment of process ${shown.facts.mainPid} cannot be read`);
    } else if (environ.get(variable) === guard) {
      const message = `process ${shown.facts.mainPid} still runs the guard, until it is restarted`;
      steps.add('process', 'warning', name, message, `systemctl restart ${name}`);
    }
  }
}
