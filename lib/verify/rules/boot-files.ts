import { type Finding, finding } from '../../finding/finding.js';
import { type BlobKind, ociBlobAt, type StoreBlob } from '../../store/blob.js';
import { COW_SERIAL } from './disk-serial.js';

/** What a machine boots, as one of its files has it; empty where it names none. */
export interface BootConfig {
  readonly kernel_path: string;
  readonly initrd_path: string;
}

export interface BootFacts {
  /** Path of cocoon.json, for the findings. */
  readonly sidecarPath: string;
  /** Every spelling of this root. */
  readonly roots: readonly string[];
  /** `boot_config` of cocoon.json; null where it has none. */
  readonly sidecar: BootConfig | null;
  /** `payload` of config.json, which is what a Cloud Hypervisor boots from; null for Firecracker, which has none. */
  readonly config: { readonly kernel: string; readonly initrd: string } | null;
}

/** The kernel or initial RAM disk of this store that a path names; null for any other path. */
export function bootFileAt(kind: BlobKind, path: string, roots: readonly string[]): StoreBlob | null {
  const found = roots.map((root) => ociBlobAt(root, path)).find((blob) => blob !== null);
  return found?.kind === kind ? found : null;
}

/**
 * A machine that boots a kernel: both files name the same kernel and initial RAM disk, and these are boot files of this
 * store. Their command lines may differ: cocoon writes a clone its own, with its name and addresses, while config.json keeps
 * that of its source (cloudhypervisor/clone.go). A Cloud Hypervisor's paths are judged with the rest of config.json (rule 7).
 */
export function judgeBootFiles(facts: BootFacts): Finding[] {
  const { sidecar, config } = facts;
  if (sidecar === null) return [mismatch(facts, 'cocoon.json names no kernel', 'a kernel', 'none')];
  const findings: Finding[] = [];
  for (const [kind, path] of [
    ['kernel', sidecar.kernel_path],
    ['initrd', sidecar.initrd_path],
  ] as const) {
    if ((kind === 'initrd' && path === '') || bootFileAt(kind, path, facts.roots) !== null) continue;
    findings.push(outside(facts, kind, path));
  }
  if (config === null) return findings;
  const pairs = [
    ['kernel', sidecar.kernel_path, config.kernel],
    ['initial RAM disk', sidecar.initrd_path, config.initrd],
  ] as const;
  for (const [what, expected, actual] of pairs) {
    if (expected !== actual)
      findings.push(mismatch(facts, `config.json boots another ${what} than cocoon.json names`, expected, actual));
  }
  return findings;
}

/** The serials that the guest is told to find its layers by (cocoon's buildCmdline): the top one first. */
export function judgeCommandLine(sidecarPath: string, cmdline: string, serials: readonly string[]): Finding[] {
  const words = cmdline.split(' ');
  const expected = [`cocoon.layers=${[...serials].reverse().join(',')}`, `cocoon.cow=${COW_SERIAL}`];
  const actual = words.filter((word) => word.startsWith('cocoon.layers=') || word.startsWith('cocoon.cow='));
  if (actual.join(' ') === expected.join(' ')) return [];
  return [
    finding('layer-mismatch', 'the kernel is told to mount other disks than cocoon.json lists', {
      subject: sidecarPath,
      expected: expected.join(' '),
      expectedFrom: 'cocoon.json',
      actual: actual.join(' ') || 'none',
    }),
  ];
}

function mismatch({ sidecarPath }: BootFacts, message: string, expected: string, actual: string): Finding {
  const values = { expected, expectedFrom: 'cocoon.json', actual };
  return finding('sidecar-mismatch', message, { subject: sidecarPath, ...values });
}

function outside({ sidecarPath, roots }: BootFacts, kind: 'kernel' | 'initrd', actual: string): Finding {
  const file = kind === 'kernel' ? 'vmlinuz' : 'initrd.img';
  return finding(
    'disk-outside-store',
    `the ${kind === 'kernel' ? 'kernel' : 'initial RAM disk'} is none of this store`,
    {
      subject: sidecarPath,
      expected: `${roots[0]}/oci/boot/<digest>/${file}`,
      expectedFrom: 'cocoon',
      actual: actual === '' ? 'none' : actual,
    },
  );
}
