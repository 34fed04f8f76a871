import { createHash } from 'node:crypto';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { insidePrograms, isInstalled, lockfile, manifest, nameOf, places, readJson } from './project.js';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly scope?: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly components?: readonly Component[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber?: string;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const test = suite('the bill of materials');
const bom: Bom = readJson('dist/sbom.cdx.json');
const named = (name: string) => bom.components.filter((component) => component.name === name);

test('is CycloneDX 1.6 of this version, and says neither when nor by whom it was made', () => {
  assert.is(bom.bomFormat, 'CycloneDX');
  assert.is(bom.specVersion, '1.6');
  assert.is(bom.metadata.component.purl, `pkg:npm/blobcheck@${manifest.version}`);
  assert.is(bom.serialNumber, undefined);
  assert.is(bom.metadata.timestamp, undefined);
});

test('has each package that the lockfile names, once, with its digest and its licence', () => {
  const identities = places.map((place) => `${nameOf(place)}@${lockfile.packages[place]?.version}`);
  assert.equal(bom.components.map((one) => one['bom-ref']).sort(), [...new Set(identities)].sort());
  for (const place of places) {
    const { version = '', integrity, license } = lockfile.packages[place] ?? {};
    const component = named(nameOf(place)).find((one) => one.version === version);
    const hex = Buffer.from(integrity?.slice('sha512-'.length) ?? '', 'base64').toString('hex');
    assert.equal(component?.hashes, [{ alg: 'SHA-512', content: hex }], place);
    assert.is(hex.length, createHash('sha512').digest('hex').length);
    const licences = component?.licenses?.map((one) => one.expression ?? one.license?.id);
    assert.equal(licences, [license], place);
    assert.is(component?.purl, `pkg:npm/${nameOf(place).replace('@', '%40')}@${version}`);
  }
});

test('tells what is installed from what only builds and tests', () => {
  const installed = places.filter(isInstalled).map((place) => `${nameOf(place)}@${lockfile.packages[place]?.version}`);
  const required = bom.components.filter(({ scope }) => scope === 'required').map((one) => one['bom-ref']);
  assert.equal(required.sort(), [...new Set(installed)].sort());
  assert.is(named('esbuild')[0]?.scope, 'excluded');
});

test('names what stands inside the programs of dist', () => {
  const inside = bom.components.filter(({ properties }) =>
    properties?.some(({ name, value }) => name === 'blobcheck:inside-programs' && value === 'true'),
  );
  assert.equal(
    inside.map(({ name }) => name),
    insidePrograms,
  );
});

test('names the SQLite that really runs', () => {
  const [{ components: [sqlite] = [] } = {}] = named('@photostructure/sqlite');
  const database = new DatabaseSync(':memory:');
  const row = database.prepare('SELECT sqlite_version() AS version').get();
  database.close();
  assert.is(sqlite?.version, (row as { version: string }).version);
});

test('what a package needs is there by the name that is said', () => {
  const refs = new Set([bom.metadata.component['bom-ref'], ...bom.components.map((one) => one['bom-ref'])]);
  assert.equal(new Set(bom.dependencies.map(({ ref }) => ref)), refs);
  for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) assert.ok(refs.has(ref), ref);
  const needs = (ref: string) => bom.dependencies.find((one) => one.ref === ref)?.dependsOn ?? [];
  assert.equal(
    needs(`blobcheck@${manifest.version}`).filter((ref) => ref.startsWith('picomatch')),
    [`picomatch@${manifest.dependencies.picomatch}`],
  );
  // micromatch has a picomatch of its own.
  const own = `picomatch@${lockfile.packages['node_modules/micromatch/node_modules/picomatch']?.version}`;
  assert.ok(needs(`micromatch@${lockfile.packages['node_modules/micromatch']?.version}`).includes(own));
});

test.run();
