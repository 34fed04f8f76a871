import type { Finding } from '../../finding/finding.js';
import { type DiskFacts, mismatch } from './disk-facts.js';

/** Rule 6: the sidecar is compared with config.json as cocoon compares them: count, order, path, read-only. */
export function judgeSidecarAgainstConfig(facts: DiskFacts): Finding[] {
  if (facts.sidecar.length !== facts.config.length) {
    const counts = { expected: `${facts.sidecar.length} disks`, actual: `${facts.config.length} disks` };
    return [mismatch(facts, 'cocoon.json and config.json list another number of disks', counts, 'cocoon.json')];
  }
  return facts.sidecar.flatMap((disk, index) => {
    const other = facts.config[index];
    if (other === undefined) return [];
    if (other.path !== disk.path) {
      const paths = { expected: disk.path, actual: other.path };
      return [mismatch(facts, `disk ${index}: config.json names another path`, paths, 'cocoon.json')];
    }
    if (other.serial !== disk.serial) {
      const serials = { expected: disk.serial, actual: other.serial };
      return [mismatch(facts, `disk ${index}: config.json names another serial`, serials, 'cocoon.json')];
    }
    if (other.readonly !== disk.ro) {
      const modes = { expected: `read-only ${disk.ro}`, actual: `read-only ${other.readonly}` };
      return [mismatch(facts, `disk ${index}: config.json differs in read-only`, modes, 'cocoon.json')];
    }
    return [];
  });
}

/**
 * The id of a disk leads the hypervisor to the disk's state, which says how large the guest takes it for: one without an
 * id of its own, or with one that state.json does not know, would pass rule 17 unmeasured.
 */
export function judgeDiskIds(facts: DiskFacts): Finding[] {
  const ids = facts.config.map(({ id }) => id);
  return ids.flatMap((id, index) => {
    if (id === '' || ids.indexOf(id) !== index) {
      const values = { expected: 'an id of its own', actual: id === '' ? 'none' : id };
      return [mismatch(facts, `disk ${index}: config.json gives it no id of its own`, values, 'Cloud Hypervisor')];
    }
    if (facts.stateIds === null || facts.stateIds.includes(id)) return [];
    const values = { expected: `one of ${facts.stateIds.slice(0, 8).join(', ')}`, actual: id };
    return [mismatch(facts, `disk ${index}: state.json knows no device of its id`, values, 'state.json')];
  });
}
