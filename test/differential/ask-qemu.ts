import { execFile } from 'node:child_process';
import type { ImageInfo } from '../qcow2/qemu-img.js';

/** QEMU would not say: it refuses the image. */
export interface Refused {
  readonly kind: 'refused';
  readonly why: string;
}

/** What `qemu-img check` found. */
export interface Checked {
  readonly kind: 'checked';
  readonly corruptions: number;
  /** Of the check itself. */
  readonly errors: number;
  readonly leaks: number;
  /** Guest clusters of the disk that have a host cluster, the compressed ones among them. */
  readonly allocated: number;
  readonly compressed: number;
  /** Byte after the last cluster that is used or counted. */
  readonly end: number;
  /** What it said of each fault. */
  readonly lines: readonly string[];
}

export interface Told {
  readonly kind: 'told';
  readonly info: ImageInfo;
}

/** A hostile image may make QEMU wait for ever (a FIFO, a cycle): none that is asked about here should. */
const LONGEST_MS = 300_000;

/** Leaves the backing file unopened: it is judged by its name, and a mutated name may be any. */
export function withoutBacking(path: string): string {
  return `json:${JSON.stringify({ driver: 'qcow2', backing: null, file: { driver: 'file', filename: path } })}`;
}

/** A table on something else can be wrong in millions of places. */
const endless = { kind: 'checked', errors: 0, leaks: 0, allocated: 0, compressed: 0, end: 0 } as const;

export async function checkOf(path: string): Promise<Checked | Refused> {
  const { stdout, stderr, isCut } = await ask('check', '--output=json', '-U', withoutBacking(path));
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Leaked'));
  if (isCut && lines.length > 0) return { ...endless, corruptions: lines.length, lines: lines.slice(0, 100) };
  if (!stdout.startsWith('{')) return { kind: 'refused', why: stderr.trim() };
  const told = JSON.parse(stdout) as Record<string, number | undefined>;
  return {
    kind: 'checked',
    corruptions: told.corruptions ?? 0,
    errors: told['check-errors'] ?? 0,
    leaks: told.leaks ?? 0,
    allocated: told['allocated-clusters'] ?? 0,
    compressed: told['compressed-clusters'] ?? 0,
    end: told['image-end-offset'] ?? 0,
    lines,
  };
}

export async function infoOf(path: string): Promise<Told | Refused> {
  const { status, stdout, stderr } = await ask('info', '--output=json', '-U', '-f', 'qcow2', path);
  if (status !== 0) return { kind: 'refused', why: stderr.trim() };
  return { kind: 'told', info: JSON.parse(stdout) as ImageInfo };
}

/** What cocoon does to a copied overlay before the hypervisor opens it; null where it succeeds. */
export async function resize(path: string, by: string): Promise<Refused | null> {
  const { status, stderr } = await ask('resize', '-q', withoutBacking(path), by);
  return status === 0 ? null : { kind: 'refused', why: stderr.trim() };
}

/** Guest clusters that the image itself maps, to data or to zeros, without what is below it. */
export async function mappedClusters(path: string, clusterSize: number): Promise<number> {
  const { status, stdout, stderr } = await ask('map', '--output=json', '-U', withoutBacking(path));
  if (status !== 0) throw new Error(`qemu-img map ${path}: ${stderr}`);
  const ranges = JSON.parse(stdout) as { start: number; length: number; present: boolean }[];
  let clusters = 0;
  let next = 0;
  for (const { start, length, present } of ranges) {
    // A cluster has several ranges where the file has a hole in it.
    const first = Math.max(next, Math.floor(start / clusterSize));
    if (!present) continue;
    next = Math.ceil((start + length) / clusterSize);
    clusters += Math.max(0, next - first);
  }
  return clusters;
}

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** It said more than anybody reads, and was ended. */
  readonly isCut: boolean;
}

function ask(...args: string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LONGEST_MS, killSignal: 'SIGKILL' as const, maxBuffer: 2 ** 20 };
    execFile('qemu-img', args, options, (error, stdout, stderr) => {
      const isCut = error?.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
      if (error === null) resolve({ status: 0, stdout, stderr, isCut });
      else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr, isCut });
      else if (isCut) resolve({ status: 2, stdout, stderr, isCut });
      // It may crash, or be ended for waiting: no answer is no acceptance.
      else if (error.signal) resolve({ status: 1, stdout: '', stderr: `ended by ${error.signal}`, isCut });
      else reject(error);
    });
  });
}
