import { mark } from './mark.js';
import { programVariables } from './units.js';

/** What systemd's EnvironmentFile= and a shell read alike, without quotes. */
const plainPath = /^\/[A-Za-z0-9_@%+=:,./-]+$/;

/** Whether a path can stand in `environmentText`; in sudoers it needs no quotes either. */
export function isPlainPath(path: string): boolean {
  return plainPath.test(path);
}

/** `guard.env`: leads everything that runs cocoon to the guard. */
export function environmentText(guard: string): string {
  return `${mark}\n${programVariables.map((variable) => `${variable}=${guard}\n`).join('')}`;
}

/** The drop-in of a unit. */
export function dropInText(environmentFile: string): string {
  return `${mark}
# A file, because Environment= would lose against a unit's own EnvironmentFile=. Without "-": a service that cannot read
# it does not start, rather than run past the guard.
[Service]
EnvironmentFile=${environmentFile}
`;
}
