import { execFileSync } from 'node:child_process';

/** Runs qemu-img or qemu-io and returns what it prints; throws where it fails. */
export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface ImageInfo {
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'cluster-size'?: number;
  readonly 'dirty-flag'?: boolean;
  readonly 'backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
  readonly encrypted?: boolean;
  readonly snapshots?: readonly { readonly id: string; readonly name: string }[];
  readonly 'format-specific'?: {
    readonly data: {
      readonly compat: string;
      readonly 'lazy-refcounts'?: boolean;
      readonly 'refcount-bits': number;
      readonly corrupt?: boolean;
      readonly 'extended-l2'?: boolean;
      readonly 'compression-type': string;
      readonly 'data-file'?: string;
      readonly 'data-file-raw'?: boolean;
      readonly bitmaps?: readonly unknown[];
      readonly encrypt?: { readonly format: string };
    };
  };
}

export function imageInfo(path: string): ImageInfo {
  return JSON.parse(run('qemu-img', 'info', '--output=json', '-U', path)) as ImageInfo;
}
