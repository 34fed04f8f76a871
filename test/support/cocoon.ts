/** cocoon as tests run it: the stand-in, or the real one where BLOBCHECK_TEST_COCOON names it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary.js';

export const standIn = fileURLToPath(new URL('../stand-in/cocoon', import.meta.url));
export const standInHypervisor = fileURLToPath(new URL('../stand-in/cloud-hypervisor', import.meta.url));

export const realCocoon = process.env.BLOBCHECK_TEST_COCOON || null;
export const cocoonUnderTest = realCocoon ?? standIn;

/** Programs that every run of the stand-in needs, or only a pull that converts. */
export const cocoonNeeds = ['flock', 'qemu-img'] as const;

export interface CocoonRun {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CocoonOptions {
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: Uint8Array;
  /** Ends the run with a signal, when the promise is there. */
  readonly kill?: { readonly when: Promise<void>; readonly signal: NodeJS.Signals };
}

/** Nothing of the caller's cocoon settings reaches it; a coverage run's directory is not for it either. */
export function runCocoon(args: readonly string[], options: CocoonOptions = {}): Promise<CocoonRun> {
  const { program = cocoonUnderTest, env = {}, cwd, input, kill } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NO_COLOR: '1',
        NODE_V8_COVERAGE: undefined,
        COCOON_CH_BINARY: standInHypervisor,
        ...env,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
    // A program that ends without reading is no failure of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    void kill?.when.then(() => child.kill(kill.signal));
  });
}

/** A root of its own, and cocoon on it. */
export interface CocoonNode {
  readonly directory: string;
  readonly root: string;
  readonly options: readonly string[];
  run(args: readonly string[], options?: CocoonOptions): Promise<CocoonRun>;
  blob(hex: string): string;
  /** The index of cloud images, by reference. */
  images(): Record<string, { readonly content_sum: string; readonly size: number; readonly created_at: string }>;
}

export function cocoonNode(program: string = cocoonUnderTest): CocoonNode {
  const directory = temporaryDirectory();
  const root = join(directory, 'root');
  const place = ['--root-dir', root, '--run-dir', join(directory, 'run'), '--log-dir', join(directory, 'log')];
  return {
    directory,
    root,
    options: place,
    run: (args, more = {}) => runCocoon([...place, ...args], { program, cwd: directory, ...more }),
    blob: (hex) => join(root, 'cloudimg/blobs', `${hex}.qcow2`),
    images: () => JSON.parse(readFileSync(join(root, 'cloudimg/db/images.json'), 'utf8')).images,
  };
}
