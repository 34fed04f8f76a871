import type { Finding } from '../../lib/finding/finding.js';
import type { Anatomy } from './anatomy.js';
import type { Checked, Refused, Told } from './ask-qemu.js';
import { looser, stricter } from './differences.js';
import type { Judged } from './judge.js';

export interface QemuSays {
  readonly info: Told | Refused;
  readonly check: Checked | Refused;
}

/** Where we and QEMU stand on one image. */
export interface Explained {
  /** The differences of docs/qcow2-differences.md that it takes to explain our answer beside QEMU's; mostly none. */
  readonly differences: readonly string[];
  /** What nothing explains: a wrong allow, or a wrong deny. */
  readonly unexplained: readonly string[];
}

/** `anatomy` is of the very image, where it is sound enough to have one. */
export function explain(judged: Judged, says: QemuSays, anatomy: () => Anatomy): Explained {
  return judged.isAllowed ? explainAllowed(judged, says, anatomy) : explainDenied(judged, says);
}

/** Whatever QEMU refuses, and whatever it calls corrupt, needs a reason why we allow it. */
function explainAllowed(judged: Judged, { info, check }: QemuSays, anatomy: () => Anatomy): Explained {
  const refusals = [info, check].flatMap((answer) =>
    answer.kind === 'refused' ? [`QEMU refuses it: ${answer.why}`] : [],
  );
  const faults = check.kind === 'refused' ? [] : faultsOf(check);
  const differences: string[] = [];
  const unexplained: string[] = [];
  for (const fault of [...refusals, ...faults]) {
    const found = looser.find(({ pattern, holds }) => pattern.test(fault) && holds(fault, judged, anatomy));
    if (found === undefined) unexplained.push(`allowed, and ${fault}`);
    else differences.push(found.id);
  }
  return { differences: [...new Set(differences)], unexplained };
}

function faultsOf({ corruptions, errors, lines }: Checked): readonly string[] {
  if (corruptions + errors === 0) return [];
  return lines.length > 0 ? lines : [`${corruptions} corruptions and ${errors} errors of the check`];
}

/** Where QEMU finds nothing wrong, each of our reasons must be one that we have on purpose. */
function explainDenied({ errors, role }: Judged, { info, check }: QemuSays): Explained {
  const agrees = info.kind === 'refused' || check.kind === 'refused' || check.corruptions + check.errors > 0;
  if (agrees) return { differences: [], unexplained: [] };
  const differences: string[] = [];
  const unexplained: string[] = [];
  // How many more there are is no reason of its own beside those that are described.
  const reasons = errors.filter((finding) => !isCountOfMore(finding));
  for (const finding of reasons.length > 0 ? reasons : errors) {
    const found = stricter.find(({ pattern }) => pattern.test(textOf(finding)));
    if (found === undefined) unexplained.push(`denied as ${role}: ${textOf(finding)}, and QEMU finds nothing wrong`);
    else differences.push(found.id);
  }
  return { differences: [...new Set(differences)], unexplained };
}

const isCountOfMore = ({ message }: Finding) => /^\d+ more of its table entries (is|are) wrong/.test(message);

export function textOf({ code, message }: Finding): string {
  return `${code}: ${message}`;
}
