import { existsSync } from 'node:fs';

/**
 * The absolute path of a program of util-linux or coreutils, null where it is not installed. Never one of PATH: who may
 * start us as root, by sudo, may have chosen that.
 */
export function systemProgram(name: string): string | null {
  return [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(path)) ?? null;
}
