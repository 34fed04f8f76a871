import type { ProgramOptions } from './run-program.js';
import { isBootedBySystemd, showUnit } from './systemctl.js';
import { type CocoonUnit, cocoonUnits } from './units.js';

export interface PresentUnits {
  /** Whether systemd runs this machine. */
  readonly systemd: boolean;
  /** Those that can be started. */
  readonly units: readonly CocoonUnit[];
  readonly problems: readonly { readonly unit: string; readonly message: string }[];
}

/** The units of this machine that are known to run cocoon. */
export async function presentUnits(options: ProgramOptions): Promise<PresentUnits> {
  if (!(await isBootedBySystemd())) return { systemd: false, units: [], problems: [] };
  const units: CocoonUnit[] = [];
  const problems: { unit: string; message: string }[] = [];
  for (const unit of cocoonUnits) {
    const shown = await showUnit(unit.name, options);
    if ('problem' in shown) problems.push({ unit: unit.name, message: shown.problem });
    // A masked unit cannot be started; every other one that is there may be, once it is mended.
    else if (!['not-found', 'masked'].includes(shown.facts.loadState)) units.push(unit);
  }
  return { systemd: true, units, problems };
}
