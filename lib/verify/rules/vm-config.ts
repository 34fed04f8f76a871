import { type Finding, finding } from '../../finding/finding.js';
import { wordsRemedy } from '../../finding/remedy.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

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

/**
 * Rule 7: cocoon hands config.json to the hypervisor, which runs as root, and rewrites only the disks' paths, serial,
 * console and the tap of each net. Everything else must be what cocoon itself writes (cocoon-store.md, "What cocoon
 * writes into config.json"). Scalars of newer hypervisor versions are normal; anything that can reach the host is not.
 */
export function judgeVmConfig(facts: VmConfigFacts): Finding[] {
  const findings: Finding[] = [];
  for (const [section, value] of Object.entries(facts.config)) {
    if (value === undefined || facts.allowedSections.includes(section)) continue;
    const judge = Object.hasOwn(sectionRules, section) ? sectionRules[section] : undefined;
    const complaints = judge === undefined ? judgeUnknownSection(value) : judge(value, facts);
    for (const complaint of complaints) findings.push(hostAccess(facts, section, complaint));
  }
  return findings;
}

interface Complaint {
  /** Where in the section, such as `.src` or `[0].socket`; empty for the section itself. */
  readonly at: string;
  readonly actual: JsonValue;
  readonly expected: string;
}

type SectionRule = (value: JsonValue, facts: VmConfigFacts) => Complaint[];

/** The run directory of a VM on any host; an id is 26 characters of base32 (cocoon-store.md, trap 16). */
const vmRunFile = /^\/(?:[^/]+\/)*cloudhypervisor\/[A-Z2-7]{26}\/[^/]+$/;

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

type KeyRule = (value: JsonValue) => string | null;

const diskKeys: Readonly<Record<string, KeyRule>> = {
  // Paths are judged by rules 5 and 6: cocoon computes those of cow, data and cidata anew.
  path: () => null,
  queue_affinity: (value) => (isQueueAffinity(value) ? null : 'a list of {queue_index, host_cpus}'),
  vhost_user: exactly(false),
  vhost_socket: emptyOnly,
};

const netKeys: Readonly<Record<string, KeyRule>> = {
  tap: (value) => (value === null || typeof value === 'string' ? null : 'a name'),
  ip: emptyOnly,
  mask: emptyOnly,
  host_mac: emptyOnly,
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
  return judgeObject(value, { firmware: underFirmware, kernel: underBoot, initramfs: underBoot, cmdline: textOnly });
}

function judgeNets(value: JsonValue, facts: VmConfigFacts): Complaint[] {
  const nets = value === null ? [] : value;
  if (!Array.isArray(nets)) return [{ at: '', actual: value, expected: 'a list' }];
  const complaints = judgeList(nets, (net) => judgeObject(net, netKeys));
  if (nets.length !== facts.nics) {
    complaints.push({ at: '', actual: nets.length, expected: `${facts.nics} interfaces, as the record says` });
  }
  // cocoon removes the snapshot's interfaces by id after the restore; one without an id of its own would stay.
  const ids = nets.map((net: JsonValue) => (isObject(net) ? net.id : undefined));
  ids.forEach((id, index) => {
    if (typeof id !== 'string' || id === '' || ids.indexOf(id) !== index) {
      complaints.push({ at: `[${index}].id`, actual: id ?? null, expected: 'an id of its own' });
    }
  });
  return complaints;
}

function judgeVsock(value: JsonValue): Complaint[] {
  if (isEmpty(value)) return [];
  const inRunDirectory: KeyRule = (path) =>
    typeof path === 'string' && vmRunFile.test(path) && !hasDotSegment(path)
      ? null
      : "a socket directly in a VM's run directory";
  const complaints = judgeObject(value, { socket: inRunDirectory });
  if (isObject(value) && value.socket === undefined) {
    complaints.push({ at: '.socket', actual: null, expected: "a socket directly in a VM's run directory" });
  }
  return complaints;
}

function judgeUnknownSection(value: JsonValue): Complaint[] {
  return isEmpty(value) ? [] : [{ at: '', actual: value, expected: 'nothing: cocoon never writes this section' }];
}

function judgeList(value: JsonValue, judge: (entry: JsonValue) => Complaint[]): Complaint[] {
  if (value === null) return [];
  if (!Array.isArray(value)) return [{ at: '', actual: value, expected: 'a list' }];
  return value.flatMap((entry: JsonValue, index: number) =>
    judge(entry).map((complaint) => ({ ...complaint, at: `[${index}]${complaint.at}` })),
  );
}

/** An object whose named keys have rules of their own; any other key must hold a scalar that is no path. */
function judgeObject(value: JsonValue, keys: Readonly<Record<string, KeyRule>>): Complaint[] {
  if (isEmpty(value)) return [];
  if (!isObject(value)) return [{ at: '', actual: value, expected: 'an object' }];
  const complaints: Complaint[] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    const rule = Object.hasOwn(keys, key) ? keys[key] : undefined;
    const expected = (rule ?? scalarWithoutPath)(entry);
    if (expected !== null) complaints.push({ at: `.${key}`, actual: entry, expected });
  }
  return complaints;
}

function scalarOnly(value: JsonValue): Complaint[] {
  const expected = scalarWithoutPath(value);
  return expected === null ? [] : [{ at: '', actual: value, expected }];
}

function scalarWithoutPath(value: JsonValue): string | null {
  if (isEmpty(value) || typeof value === 'number' || typeof value === 'boolean') return null;
  return typeof value === 'string' && !value.includes('/') ? null : 'a number, true, false or a plain word';
}

function booleansOnly(value: JsonValue): string | null {
  if (isEmpty(value)) return null;
  const plain = isObject(value) && Object.values(value).every((entry) => typeof entry === 'boolean');
  return plain ? null : 'an object of true and false';
}

function textOnly(value: JsonValue): string | null {
  return value === null || typeof value === 'string' ? null : 'text';
}

function emptyOnly(value: JsonValue): string | null {
  return isEmpty(value) ? null : 'nothing';
}

function exactly(...allowed: readonly JsonValue[]): KeyRule {
  return (value) => (value === null || allowed.includes(value) ? null : allowed.map((one) => String(one)).join(' or '));
}

function isQueueAffinity(value: JsonValue): boolean {
  if (isEmpty(value)) return true;
  const isCpuList = (cpus: JsonValue | undefined) =>
    Array.isArray(cpus) && cpus.every((cpu) => typeof cpu === 'number');
  return (
    Array.isArray(value) &&
    value.every(
      (entry: JsonValue) =>
        isObject(entry) &&
        Object.entries(entry).every(([key, v]) => (key === 'host_cpus' ? isCpuList(v) : typeof v === 'number')),
    )
  );
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

/** Null, false, the empty string, list or object: a section or key that gives nothing. */
function isEmpty(value: JsonValue): boolean {
  if (value === null || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hostAccess(facts: VmConfigFacts, section: string, complaint: Complaint): Finding {
  const where = `${section}${complaint.at}`;
  return finding('vm-config-host-access', `config.json: ${where} is not what cocoon writes`, {
    subject: facts.path,
    expected: complaint.expected,
    expectedFrom: 'cocoon',
    actual: JSON.stringify(complaint.actual)?.slice(0, 200) ?? null,
    ...wordsRemedy(
      `do not clone it unless you know why ${where} is there; an operator allows a section with --allow-vm-section`,
    ),
  });
}
