import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../', import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** What the lockfile says of one place in node_modules. */
export interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly name?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
}

/** The packages whose code stands in the programs of dist, in order. */
export const insidePrograms: readonly string[] = [
  '@photostructure/sqlite',
  'commander',
  'jsonc-parser',
  'node-gyp-build',
  'parse-ms',
  'pretty-bytes',
  'pretty-ms',
  'valibot',
  'zstddec',
];

export const manifest: Manifest = readJson('package.json');
export const lockfile: Lockfile = readJson('package-lock.json');

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(project, path), 'utf8')) as T;
}

/** The places in node_modules that the lockfile names. */
export const places: readonly string[] = Object.keys(lockfile.packages).filter((place) => place !== '');

export const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 13);

/** The places that npm fills where development is left out, by npm's own marks. */
export function isInstalled(place: string): boolean {
  return installed.has(place);
}

const installed = reachable();

/** Goes through the needs of the manifest's dependencies; build/locked.mjs does the same on its own. */
function reachable(): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (from: string, names: object): void => {
    for (const name of Object.keys(names)) {
      const place = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((one) => one in lockfile.packages);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      add(place, lockfile.packages[place]?.dependencies ?? {});
    }
  };
  add('', manifest.dependencies);
  return found;
}
