import { readdirSync, readlinkSync } from 'node:fs';

/** The files below a directory that this process holds open. */
export function openBelow(directory: string): string[] {
  const open = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The descriptor by which the list was read.
      return '';
    }
  });
  return open.filter((path) => path.startsWith(`${directory}/`));
}
