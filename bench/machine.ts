import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
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
  /** The OpenSSL of the `openssl` program, which is compared with; null without one. */
  readonly openssl: string | null;
}

export async function describeMachine(): Promise<Machine> {
  const openssl = await run(['openssl', 'version']).catch(() => null);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    shaExtensions: hasShaExtensions(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    nodeOpenssl: process.versions.openssl,
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
    `Linux ${machine.kernel}, Node ${machine.node} with OpenSSL ${machine.nodeOpenssl}, ${machine.openssl ?? 'no openssl program'}`,
  ].join('\n');
}
