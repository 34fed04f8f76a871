import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from './blobcheck.js';
import { temporaryDirectory } from './temporary.js';

/** Bytes of memory that the command line had at most. */
export function peakMemory(args: readonly string[]): number {
  const place = temporaryDirectory();
  const [hook, file] = [join(place, 'peak.cjs'), join(place, 'peak')];
  const write = `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS))`;
  writeFileSync(hook, `process.on('exit', () => ${write});\n`);
  const { PATH, HOME } = process.env;
  spawnSync(process.execPath, ['--require', hook, program, ...args], { env: { PATH, HOME } });
  return Number(readFileSync(file, 'utf8')) * 1024;
}
