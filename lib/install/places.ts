import { join } from 'node:path';

/** Where an installation writes. */
export interface Places {
  readonly directory: string;
  /** What the hook and the guard read. */
  readonly settings: string;
  /** What leads services, or a shell, to the guard. */
  readonly environment: string;
  /** The drop-in of a unit. */
  dropIn(unit: string): string;
}

export function placesIn(etc: string): Places {
  const directory = join(etc, 'blobcheck');
  return {
    directory,
    settings: join(directory, 'blobcheck.conf'),
    environment: join(directory, 'guard.env'),
    // Drop-ins are applied in the order of their names, and a later EnvironmentFile= wins.
    dropIn: (unit) => join(etc, 'systemd/system', `${unit}.d`, 'zz-blobcheck.conf'),
  };
}
