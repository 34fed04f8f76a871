import { checkUnit, type Gate } from './check-unit.js';
import { existingFile } from './existing-file.js';
import type { PresentUnits } from './present-units.js';
import type { ProgramOptions } from './run-program.js';
import type { Steps } from './steps.js';
import { checkSudo } from './sudo.js';
import { reloadUnits } from './systemctl.js';
import { environmentText } from './unit-files.js';

/** Whether everything of this node that runs cocoon runs the guard, by what systemd, sudo and the kernel say. */
export async function judgeGate(
  present: PresentUnits,
  gate: Gate,
  options: ProgramOptions,
  steps: Steps,
): Promise<void> {
  const forShells = `for a shell: set -a; . ${gate.environmentFile}; set +a`;
  if (!present.systemd) {
    const message =
      'does not run this machine: what starts vk-cocoon or epoch here, and with which cocoon, is not known';
    steps.add('systemd', 'unverified', 'systemd', message, forShells);
    return;
  }
  const problem = await reloadUnits(options);
  if (problem !== null) steps.add('systemd', 'unverified', 'systemd', problem);
  else steps.add('systemd', 'done', 'systemd', 'daemon-reload');

  const file = await existingFile(gate.environmentFile);
  if (file.kind !== 'ours' || file.text !== environmentText(gate.guard)) {
    steps.add('file', 'refused', gate.environmentFile, 'is not what was written a moment ago');
  }
  if (present.units.length === 0 && present.problems.length === 0) {
    const message = 'knows neither vk-cocoon nor epoch: whether anything here runs cocoon past the guard is not known';
    steps.add('systemd', 'unverified', 'systemd', message, forShells);
  }
  for (const unit of present.units) {
    const checked = await checkUnit(unit, gate, options);
    steps.addAll(checked.steps);
    const user = checked.shown?.user ?? 'root';
    if (unit.throughSudo && user !== 'root' && user !== '0') {
      steps.addAll([await checkSudo(user, gate.guard, options)]);
    }
  }
}
