import { readFileSync } from 'node:fs';

/** The package's version. The same relative path leads to its manifest from `lib/` and from the flat `dist/`. */
export function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}
