import { existsSync } from 'node:fs';
import {
  BlobcheckError,
  type EntryReport,
  type OverlaysRequest,
  systemErrorCode,
  type VerifyReport,
  verify,
  verifyOverlays,
  verifyText,
} from '../index.js';
import { exitCodeOf } from './exit.js';
import { checkOptions, type StoreOptions, storeCheckOptions } from './options.js';
import { type Progress, progressOn } from './progress.js';
import { startReread } from './start-reread.js';
import type { Terminal } from './terminal.js';

interface VerifyOptions extends StoreOptions {
  readonly all?: boolean;
  readonly image?: readonly string[];
  readonly fromDir?: readonly string[];
  readonly archive?: readonly string[];
  readonly overlay?: readonly string[];
  readonly blobs?: string;
}

/** Its descriptor: a pipe is read faster by it than as a stream. */
const STDIN = 0;

/** `blobcheck verify`: judges snapshots, images, or overlays outside cocoon. */
export async function verifyCommand(
  refs: readonly string[],
  options: VerifyOptions,
  terminal: Terminal,
): Promise<number> {
  refuseNonsense(refs, options);
  const progress = progressOn(terminal, options.quiet === true);
  try {
    const report =
      options.overlay === undefined
        ? await verifyStore(refs, options, terminal, progress)
        : await verifyOutside(options.overlay, options.blobs ?? '', options, terminal, progress);
    progress.stop();
    startReread([...report.snapshots, ...report.images], options, terminal);
    print(report, options, terminal);
    return exitCodeOf(report.verdict);
  } finally {
    progress.stop();
  }
}

async function verifyStore(
  refs: readonly string[],
  options: VerifyOptions,
  terminal: Terminal,
  progress: Progress,
): Promise<VerifyReport> {
  const { all = false, image: images = [], fromDir: directories = [], archive = [] } = options;
  const archives = archive.map((name) =>
    name === '-' ? { name: 'standard input', source: STDIN } : { name, source: name },
  );
  const request = { snapshots: refs, all, images, directories, archives };
  return await verify(request, storeCheckOptions(options, terminal, progress));
}

async function verifyOutside(
  patterns: readonly string[],
  blobs: string,
  options: VerifyOptions,
  terminal: Terminal,
  progress: Progress,
): Promise<VerifyReport> {
  const matched = await matchFiles(patterns);
  return await verifyOverlays({ ...matched, blobs }, checkOptions(options, terminal, progress));
}

/** Files that the patterns match, and the one that is called exactly so: it hides none that the pattern means. */
async function matchFiles(patterns: readonly string[]): Promise<Omit<OverlaysRequest, 'blobs'>> {
  const { default: glob } = await import('fast-glob');
  const overlays: string[] = [];
  const unmatched: string[] = [];
  const unreadable: { pattern: string; error: unknown }[] = [];
  for (const pattern of patterns) {
    const matched = existsSync(pattern) ? [pattern] : [];
    try {
      matched.push(...(await glob(pattern, { onlyFiles: false, dot: true, unique: true, followSymbolicLinks: false })));
      if (matched.length === 0) unmatched.push(pattern);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOTDIR' && matched.length === 0) unmatched.push(pattern);
      else unreadable.push({ pattern, error });
    }
    overlays.push(...matched.sort());
  }
  return { overlays: [...new Set(overlays)], unmatched, unreadable };
}

function refuseNonsense(refs: readonly string[], options: VerifyOptions): void {
  const { all, image, fromDir, archive } = options;
  const asked = refs.length > 0 || all === true || [image, fromDir, archive].some((given) => given !== undefined);
  if (options.overlay !== undefined && asked) {
    throw new BlobcheckError('usage', '--overlay judges files outside cocoon and goes with --blobs alone');
  }
  if (options.overlay !== undefined && options.blobs === undefined) {
    throw new BlobcheckError('usage', '--overlay needs --blobs DIR, the directory of the <sha256>.qcow2 files');
  }
  if (options.overlay?.includes('') || options.blobs === '') {
    throw new BlobcheckError('usage', '--overlay and --blobs are not empty: each names files, or a directory');
  }
  const ofStore = options.allowVmSection ?? options.rootDir ?? options.config;
  if (options.overlay !== undefined && ofStore !== undefined) {
    throw new BlobcheckError('usage', '--root-dir, --config and --allow-vm-section say nothing of --overlay');
  }
  if (options.overlay === undefined && options.blobs !== undefined) {
    throw new BlobcheckError('usage', '--blobs goes with --overlay');
  }
  if (refs.includes('') || image?.includes('')) {
    throw new BlobcheckError('usage', 'a name is empty; it names a snapshot or an image');
  }
  if (fromDir?.includes('')) throw new BlobcheckError('usage', '--from-dir is empty; it names a directory');
  if (archive?.includes('')) throw new BlobcheckError('usage', '--archive is empty; it names a file, or is -');
  if ((archive ?? []).filter((name) => name === '-').length > 1) {
    throw new BlobcheckError('usage', 'standard input is one archive');
  }
  if (refs.length > 0 && options.all === true) {
    throw new BlobcheckError('usage', 'give the names of snapshots, or --all, not both');
  }
  if (!asked && options.overlay === undefined) {
    throw new BlobcheckError('usage', 'name a snapshot, or give --all, --image, --from-dir, --archive or --overlay');
  }
}

function print(report: VerifyReport, options: VerifyOptions, terminal: Terminal): void {
  if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
  else if (options.quiet) terminal.out(quietText(report, terminal));
  else terminal.out(verifyText(report, terminal.paint));
}

/** `--quiet`: nothing where all is allowed, else what is not. */
function quietText(report: VerifyReport, terminal: Terminal): string {
  const loud = (entry: EntryReport) => entry.verdict !== 'allow';
  if (report.verdict === 'allow') return '';
  const { snapshots, images, overlays } = report;
  return verifyText(
    { ...report, snapshots: snapshots.filter(loud), images: images.filter(loud), overlays: overlays.filter(loud) },
    terminal.paint,
  );
}
