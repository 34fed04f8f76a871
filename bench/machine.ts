import { readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './program.js';

/** What numbers of another machine cannot be compared without. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Whether the processor has SHA-256 instructions; null where that cannot be told. */
  readonly shaExtensions: boolean | null;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  /** The OpenSSL inside Node, which hashes for us. */
  readonly nodeOpenssl: string;
  /** The file system that the files lie on; null for one that is not known here. */
  readonly fileSystem: string | null;
  readonly hashWasm: string;
  readonly sha256sum: string | null;
  /** The OpenSSL of the `openssl` program, which is compared with; null without one. */
  readonly openssl: string | null;
}

/** The package exports its code only; `package.json` lies two folders above its entry. */
const HASH_WASM = join(dirname(createRequire(import.meta.url).resolve('hash-wasm')), '../package.json');

/** By the numbers of statfs(2). */
const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
]);

export async function describeMachine(): Promise<Machine> {
  const sum = await run(['sha256sum', '--version']).catch(() => null);
  const openssl = await run(['openssl', 'version']).catch(() => null);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    shaExtensions: hasShaExtensions(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    nodeOpenssl: process.versions.openssl,
    fileSystem: FILE_SYSTEMS.get(statfsSync(tmpdir()).type) ?? null,
    hashWasm: JSON.parse(readFileSync(HASH_WASM, 'utf8')).version,
    sha256sum: sum?.stdout.split('\n')[0] ?? null,
    openssl: openssl?.stdout.trim().split(' ').slice(0, 2).join(' ') ?? null,
  };
}

function hasShaExtensions(): boolean | null {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return flags === undefined ? null : /\b(?:sha_ni|sha2)\b/.test(flags);
  } catch {
    return null;
  }
}

export function machineText(machine: Machine): string {
  const sha = { true: 'with SHA extensions', false: 'without SHA extensions', null: 'SHA extensions unknown' };
  return [
    `${machine.cpu}, ${machine.cores} cores, ${sha[`${machine.shaExtensions}`]}, ${Math.round(machine.memoryBytes / 1e9)} GB`,
    `Linux ${machine.kernel}, Node ${machine.node} with OpenSSL ${machine.nodeOpenssl}, ${machine.openssl ?? 'no openssl program'}, ${machine.sha256sum ?? 'no sha256sum'}, hash-wasm ${machine.hashWasm}, files on ${machine.fileSystem ?? 'an unknown file system'}`,
  ].join('\n');
}
