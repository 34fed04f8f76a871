/**
 * The bill of materials (CycloneDX 1.6) of an installed blobcheck and of what it was built and tested with. `npm sbom` makes
 * one too, with a random number and the time in it, and knows nothing of what is compiled in: neither can be compared or
 * searched for the library that the next advisory is about.
 */
import { readFileSync } from 'node:fs';
import { identityOf, installedPlaces, lockfile, manifest, needsOf, places } from './locked.mjs';

/** Libraries in C inside of packages, which no lockfile names. */
const compiledIn = {
  '@photostructure/sqlite': () => ({
    'bom-ref': 'sqlite',
    type: 'library',
    name: 'sqlite',
    version: sqliteVersion(),
    cpe: `cpe:2.3:a:sqlite:sqlite:${sqliteVersion()}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: 'blessing' } }],
  }),
  // Which version, its authors do not say.
  zstddec: () => ({
    'bom-ref': 'zstd',
    type: 'library',
    name: 'zstd',
    licenses: [{ license: { id: 'BSD-3-Clause' } }],
  }),
};

/** `insidePrograms`: the names of the packages whose code stands in the programs of dist/. */
export function billOfMaterials(insidePrograms) {
  const installed = installedPlaces();
  const components = new Map();
  const needs = new Map();
  for (const place of places) {
    const ref = refOf(place);
    const isInstalled = installed.has(place) || components.get(ref)?.scope === 'required';
    components.set(
      ref,
      componentOf(place, isInstalled, isInstalled && insidePrograms.includes(identityOf(place).name)),
    );
    needs.set(ref, [...(needs.get(ref) ?? []), ...needsOf(place).map(refOf)]);
  }
  const whole = `${manifest.name}@${manifest.version}`;
  needs.set(whole, needsOf('').map(refOf));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': whole,
        type: 'application',
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        purl: purlOf(manifest),
        licenses: licencesOf(manifest.license),
      },
    },
    components: inOrder(components).map(([, component]) => component),
    dependencies: inOrder(needs).map(([ref, refs]) => ({ ref, dependsOn: [...new Set(refs)].sort() })),
  };
}

function componentOf(place, isInstalled, isInside) {
  const { name, version } = identityOf(place);
  const { integrity, license } = lockfile.packages[place];
  const parts = compiledIn[name];
  return {
    'bom-ref': refOf(place),
    type: 'library',
    name,
    version,
    scope: isInstalled ? 'required' : 'excluded',
    purl: purlOf({ name, version }),
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex') }],
    licenses: licencesOf(license),
    ...(isInside ? { properties: [{ name: 'blobcheck:inside-programs', value: 'true' }] } : {}),
    ...(parts === undefined ? {} : { components: [parts()] }),
  };
}

function refOf(place) {
  const { name, version } = identityOf(place);
  return `${name}@${version}`;
}

function purlOf({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function licencesOf(text) {
  return /\s/.test(text) ? [{ expression: text }] : [{ license: { id: text } }];
}

/** Not by the language of whoever builds it. */
function inOrder(map) {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function sqliteVersion() {
  const header = readFileSync('node_modules/@photostructure/sqlite/src/upstream/sqlite3.h', 'utf8');
  const [, version] = /^#define SQLITE_VERSION\s+"([\d.]+)"/m.exec(header) ?? [];
  if (version === undefined) throw new Error('@photostructure/sqlite does not say which SQLite it has');
  return version;
}
