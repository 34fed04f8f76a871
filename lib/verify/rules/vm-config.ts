import { type Finding, finding } from '../../finding/finding.js';
import type { JsonObject, JsonValue } from '../../store/json-shape.js';
import {
  booleansOnly,
  type Complaint,
  emptyOnly,
  exactly,
  isEmpty,
  isList,
  isObject,
  judgeList,
  judgeObject,
  type KeyRule,
  matching,
  numbersOnly,
  scalarOnly,
  textOnly,
} from './vm-config-value.js';

export interface VmConfigFacts {
  /** The whole of config.json, as Cloud Hypervisor will read it. */
  readonly config: JsonObject;
  /** Path of config.json, for the findings. */
  readonly path: string;
  /** Every spelling of this cocoon root: as given, with links resolved, as the record spells it. */
  readonly roots: readonly string[];
  /** Network interfaces of the record; absent means none. */
  readonly nics: number;
  /** Sections that an operator allows by name, whatever is in them. */
  readonly allowedSections: readonly string[];
}

/** Findings are listed up to this many; a hostile file may hold a hundred thousand sections. */
const shown = 8;

/** Characters of a place or value that a finding shows. */
const shownCharacters = 120;

/**
 * Rule 7: cocoon hands config.json to the hypervisor, which runs as root, and rewrites only the disks' paths, serial
 * and console. Everything else must be what cocoon itself writes (cocoon-store.md, "What cocoon writes into
 * config.json"). Scalars of newer hypervisor versions are normal; anything that can reach the host is not.
 */
export function judgeVmConfig(facts: VmConfigFacts): Finding[] {
  const places: { section: string; complaint: Complaint }[] = [];
  // A section that is missing is judged as an empty one: interfaces that the record has must be there.
  const sections = { net: null, ...facts.config };
  const allowed: string[] = [];
  for (const [section, value] of Object.entries(sections)) {
    if (value === undefined) continue;
    const judge = Object.hasOwn(sectionRules, section) ? sectionRules[section] : undefined;
    const complaints = judge === undefined ? judgeUnknownSection(value) : judge(value, facts);
    if (complaints.length > 0 && facts.allowedSections.includes(section)) allowed.push(section);
    else places.push(...complaints.map((complaint) => ({ section, complaint })));
  }
  const findings = places.slice(0, shown).map(({ section, complaint }) => hostAccess(facts, section, complaint));
  const more = places.length - findings.length;
  if (more > 0) {
    findings.push(
      finding('vm-config-host-access', `${more} more places that cocoon does not write`, { subject: facts.path }),
    );
  }
  return [...findings, ...allowed.map((section) => allowedByName(facts, section))];
}

/** An allow that rests on an operator's word says so. */
function allowedByName(facts: VmConfigFacts, section: string): Finding {
  return finding('vm-section-allowed', `config.json: ${section} is not what cocoon writes, and allowed by name`, {
    subject: facts.path,
  });
}

type SectionRule = (value: JsonValue, facts: VmConfigFacts) => Complaint[];

const sectionRules: Readonly<Record<string, SectionRule>> = {
  // Rewritten by cocoon at every clone and restore, so what stands here is never opened.
  serial: () => [],
  console: () => [],
  cpus: (value) => judgeObject(value, { features: booleansOnly }),
  memory: (value) => judgeObject(value, { zones: emptyOnly }),
  payload: judgePayload,
  disks: (value) => judgeList(value, (disk) => judgeObject(disk, diskKeys)),
  net: judgeNets,
  rng: (value) => judgeObject(value, { src: exactly('/dev/urandom') }),
  balloon: (value) => judgeObject(value, {}),
  debug_console: (value) => judgeObject(value, { mode: exactly('Off', 'Null'), file: emptyOnly, socket: emptyOnly }),
  vsock: judgeVsock,
  pvpanic: scalarOnly,
  iommu: scalarOnly,
  watchdog: scalarOnly,
  landlock_enable: scalarOnly,
};

const diskKeys: Readonly<Record<string, KeyRule>> = {
  // Paths are judged by rules 5 and 6: cocoon computes those of cow, data and cidata anew.
  path: () => null,
  queue_affinity: (value) => (isQueueAffinity(value) ? null : 'a list of {queue_index, host_cpus}'),
  vhost_user: exactly(false),
  vhost_socket: emptyOnly,
};

const netKeys: Readonly<Record<string, KeyRule>> = {
  ip: emptyOnly,
  mask: emptyOnly,
  // Cloud Hypervisor 51 to 53 writes the MAC of the tap that it opened back into its configuration (net_util/open_tap.rs).
  host_mac: matching(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i, 'a MAC address'),
  vhost_user: exactly(false),
  vhost_socket: emptyOnly,
  // Written by the hypervisor into every net, even one without vhost-user.
  vhost_mode: exactly('Client'),
  fds: emptyOnly,
};

function judgePayload(value: JsonValue, facts: VmConfigFacts): Complaint[] {
  const underFirmware: KeyRule = (path) =>
    isEmpty(path) || (typeof path === 'string' && isFirmware(path, facts.roots))
      ? null
      : `a file in ${facts.roots[0]}/firmware`;
  // A kernel makes it a direct boot, which rule 5 judges; here it only must not lead anywhere else.
  const underBoot: KeyRule = (path) =>
    isEmpty(path) || facts.roots.some((root) => isBootFile(path, root))
      ? null
      : `a file in ${facts.roots[0]}/oci/boot/<digest>`;
  // Without a kernel nothing loads it, and nothing judges it: it would only be opened.
  const isDirectBoot = isObject(value) && !isEmpty(value.kernel ?? null);
  const initramfs = isDirectBoot ? underBoot : emptyOnly;
  const keys = { firmware: underFirmware, kernel: underBoot, initramfs, cmdline: textOnly };
  // A plain word may be a file too: the hypervisor takes it from its working directory.
  return judgeObject(value, keys, numbersOnly);
}

function judgeNets(value: JsonValue, facts: VmConfigFacts): Complaint[] {
  if (value !== null && !isList(value)) return [{ at: '', actual: value, expected: 'a list' }];
  const nets = value ?? [];
  // Once for all: to look for it goes through the paths of all disks, which are as long as a document may be.
  const keys = { ...netKeys, tap: tapOf(facts.config) };
  const complaints = judgeList(nets, (net) => judgeObject(net, keys));
  if (nets.length !== facts.nics) {
    complaints.push({ at: '', actual: nets.length, expected: `${facts.nics} interfaces, as the record says` });
  }
  // cocoon removes the snapshot's interfaces by id after the restore; one without an id of its own would stay.
  const ids = deviceIds(facts.config);
  nets.forEach((net, index) => {
    const id = isObject(net) ? net.id : undefined;
    if (typeof id !== 'string' || id === '' || ids.filter((other) => other === id).length !== 1) {
      complaints.push({ at: `[${index}].id`, actual: id ?? null, expected: 'an id of its own' });
    }
  });
  return complaints;
}

/** Every id in the configuration: of interfaces, disks and single devices. */
function deviceIds(config: JsonObject): (JsonValue | undefined)[] {
  const devices = Object.values(config).flatMap<JsonValue | undefined>((section) =>
    isList(section) ? [...section] : [section],
  );
  return devices.filter(isObject).map((device) => device.id);
}

/**
 * The tap of a snapshot's own VM: two or three letters, the first 8 characters of its id, the index (cocoon's
 * network/utils.go). cocoon 0.3 does not rewrite it, and the hypervisor opens the one that is named.
 */
function tapOf(config: JsonObject): KeyRule {
  const begin = sourceVm(config)?.id.slice(0, 8);
  return (value) => {
    if (value === null) return null;
    const named = typeof value === 'string' ? /^[A-Za-z0-9]{2,3}([A-Z2-7]{8})-[0-9]{1,3}$/.exec(value)?.[1] : undefined;
    return named !== undefined && named === begin ? null : "a tap of the snapshot's own VM";
  };
}

/** The files that cocoon and the hypervisor themselves keep in a run directory. */
const ownRunFiles = ['api.sock', 'console.sock', 'ch.pid'];

function judgeVsock(value: JsonValue, facts: VmConfigFacts): Complaint[] {
  if (isEmpty(value)) return [];
  const expected = "a socket directly in the VM's run directory";
  const directory = sourceVm(facts.config)?.directory;
  const inRunDirectory: KeyRule = (path) => {
    if (typeof path !== 'string' || directory === undefined || !path.startsWith(`${directory}/`)) return expected;
    const name = path.slice(directory.length + 1);
    return isName(name) && !ownRunFiles.includes(name) ? null : expected;
  };
  const complaints = judgeObject(value, { socket: inRunDirectory });
  if (isObject(value) && value.socket === undefined) complaints.push({ at: '.socket', actual: null, expected });
  return complaints;
}

/** The VM that the snapshot was taken of, on whatever host: the run directory of its cow. An id is base32 (trap 16). */
function sourceVm(config: JsonObject): { readonly directory: string; readonly id: string } | null {
  for (const disk of isList(config.disks) ? config.disks : []) {
    const path = isObject(disk) && typeof disk.path === 'string' ? disk.path : '';
    const found = /^(\/(?:[^/]+\/)*cloudhypervisor\/([A-Z2-7]{26}))\/(?:overlay\.qcow2|cow\.raw)$/.exec(path);
    if (found?.[1] !== undefined && found[2] !== undefined && !hasDotSegment(path)) {
      return { directory: found[1], id: found[2] };
    }
  }
  return null;
}

function judgeUnknownSection(value: JsonValue): Complaint[] {
  return isEmpty(value) ? [] : [{ at: '', actual: value, expected: 'nothing: cocoon never writes this section' }];
}

function isQueueAffinity(value: JsonValue): boolean {
  if (isEmpty(value)) return true;
  const isCpuList = (cpus: JsonValue | undefined) => isList(cpus) && cpus.every((cpu) => typeof cpu === 'number');
  const isEntry = (entry: JsonValue) =>
    isObject(entry) &&
    Object.entries(entry).every(([key, v]) => (key === 'host_cpus' ? isCpuList(v) : typeof v === 'number'));
  return isList(value) && value.every(isEntry);
}

function isBootFile(path: JsonValue, root: string): boolean {
  if (typeof path !== 'string' || !path.startsWith(`${root}/oci/boot/`)) return false;
  return /^[0-9a-f]{64}\/[^/]+$/.test(path.slice(`${root}/oci/boot/`.length)) && !hasDotSegment(path);
}

/** Whether a path leads to a file directly in the root's firmware directory. */
export function isFirmware(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(`${root}/firmware/`) && isName(path.slice(`${root}/firmware/`.length)));
}

function isName(text: string): boolean {
  return text !== '' && !text.includes('/') && !hasDotSegment(text);
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..') || path.includes('\0');
}

function hostAccess(facts: VmConfigFacts, section: string, complaint: Complaint): Finding {
  const where = `${section}${complaint.at}`.slice(0, shownCharacters);
  return finding('vm-config-host-access', `config.json: ${where} is not what cocoon writes`, {
    subject: facts.path,
    expected: complaint.expected,
    expectedFrom: 'cocoon',
    actual: JSON.stringify(complaint.actual)?.slice(0, shownCharacters) ?? null,
  });
}
