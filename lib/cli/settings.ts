import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type PullPolicy, parsePullPolicy, settingLines, systemErrorText } from '../index.js';

/** The node's settings: a key that stands in it wins over the environment, which `sudo` drops or keeps as it likes. */
export const settingsFile = '/etc/blobcheck/blobcheck.conf';

/** Bytes; the file that `install` writes has less than 3,000. */
const LIMIT = 64 * 1024;

export interface PolicyPattern {
  /** A glob over names of snapshots. */
  readonly pattern: string;
  readonly policy: PullPolicy;
}

export interface Settings {
  /** The environment with the file's keys in it. */
  readonly env: NodeJS.ProcessEnv;
  /** In the order of the file: the first that fits decides. */
  readonly policies: readonly PolicyPattern[];
  /** What of the file does not count, and why. */
  readonly problems: readonly string[];
}

/** `BLOBCHECK_PULL_POLICY[pattern]=policy`: the last bracket ends the pattern, so a pattern may hold brackets. */
const policyLine = /^BLOBCHECK_PULL_POLICY\[(.+)\]=(.*)$/;
const keyLine = /^(BLOBCHECK_[A-Z_]+)=(.*)$/s;

const knownKeys: ReadonlySet<string> = new Set([
  'BLOBCHECK_MODE',
  'BLOBCHECK_TIMEOUT',
  'BLOBCHECK_COCOON',
  'BLOBCHECK_NODE',
  'BLOBCHECK_STATE_DIR',
  'BLOBCHECK_PULL_POLICY',
  'BLOBCHECK_ALLOW_VM_SECTIONS',
]);

/**
 * Reads the settings of this node: `KEY=value` lines, `#` comments; the value stands as it is, an empty one is an unset
 * one. The file counts only if it is root's own (bin/settings.sh reads it by the same rules). Never throws for what is
 * on the disk.
 */
export function readSettings(env: NodeJS.ProcessEnv, path: string = settingsFile): Settings {
  const read = readOwn(path);
  if (read.kind === 'absent') return { env, policies: [], problems: [] };
  if (read.kind === 'ignored') return { env, policies: [], problems: [`${path} is ignored: ${read.reason}`] };
  const values: Record<string, string> = {};
  const policies: PolicyPattern[] = [];
  const problems: string[] = [];
  for (const [index, line] of settingLines(read.text).entries()) {
    const problem = takeLine(line, values, policies);
    if (problem !== null) problems.push(`${path}, line ${index + 1}: ${problem}`);
  }
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  return { env: { ...env, ...set }, policies, problems };
}

function takeLine(line: string, values: Record<string, string>, policies: PolicyPattern[]): string | null {
  if (line === '' || line.startsWith('#')) return null;
  const [, pattern, word] = policyLine.exec(line) ?? [];
  if (pattern !== undefined && word !== undefined) {
    try {
      policies.push({ pattern, policy: parsePullPolicy(word) });
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  const [, key, value] = keyLine.exec(line) ?? [];
  if (key === undefined || value === undefined) return 'it is no KEY=value';
  if (!knownKeys.has(key)) return `there is no key ${key}`;
  values[key] = value;
  return null;
}

type Read = { kind: 'absent' } | { kind: 'ignored'; reason: string } | { kind: 'read'; text: string };

function readOwn(path: string): Read {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'ignored', reason: code === 'ELOOP' ? 'it is a symbolic link' : systemErrorText(error) };
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { kind: 'ignored', reason: 'it is no regular file' };
    if (stats.uid !== 0) return { kind: 'ignored', reason: `it belongs to user ${stats.uid}, not to root` };
    if ((stats.mode & 0o022) !== 0) return { kind: 'ignored', reason: 'others than root can write it' };
    const buffer = Buffer.alloc(LIMIT + 1);
    const length = fill(buffer, descriptor);
    if (length > LIMIT) return { kind: 'ignored', reason: `it has more than ${LIMIT} bytes` };
    return { kind: 'read', text: buffer.subarray(0, length).toString('utf8') };
  } catch (error) {
    return { kind: 'ignored', reason: systemErrorText(error) };
  } finally {
    closeSync(descriptor);
  }
}

/** To the end of the file or of the buffer: a read may give less than there is, and half of a value is another value. */
function fill(buffer: Buffer, descriptor: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const bytesRead = readSync(descriptor, buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
