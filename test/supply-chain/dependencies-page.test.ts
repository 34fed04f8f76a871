import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isInstalled, lockfile, manifest, nameOf, places, project } from './project.js';

const test = suite('docs/dependencies.md');
const page = readFileSync(join(project, 'docs/dependencies.md'), 'utf8');

/** The rows about packages below a heading, cell by cell. */
function rows(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const listed = (table: readonly string[][]) => table.map(([cell = '']) => cell);
const named = (dependencies: Readonly<Record<string, string>>) =>
  Object.entries(dependencies).map(([name, version]) => `\`${name}\` ${version}`);

test('lists what runs on a node as package.json does, with a reason and with what it meets', () => {
  const table = rows('On a node');
  assert.equal(listed(table), named(manifest.dependencies));
  for (const cells of table) assert.ok(cells.length === 6 && cells.every((cell) => cell !== ''), cells[0]);
});

test('lists what builds and tests as package.json does, with what it is for', () => {
  const table = rows('To build and to test');
  assert.equal(listed(table), named(manifest.devDependencies));
  for (const [name, use] of table) assert.ok(use !== '', name);
});

test('tells the size of each as it is', () => {
  for (const [cell = '', , , , size] of rows('On a node')) {
    const [, name = ''] = /`(.*)`/.exec(cell) ?? [];
    assert.is(size, prettyBytes(bytesIn(join(project, 'node_modules', name)), { maximumFractionDigits: 1 }), name);
  }
});

function bytesIn(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return entries.reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0);
}

test('names what comes with them', () => {
  const direct = new Set(Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`));
  const indirect = places.filter((place) => isInstalled(place) && !direct.has(place));
  const expected = indirect.map((place) => `${nameOf(place)} ${lockfile.packages[place]?.version}`);
  const [paragraph = ''] = /^With them come,.*?\n\n/ms.exec(page) ?? [];
  const found = [...paragraph.matchAll(/(@?[\w./-]+) (\d+\.\d+\.\d+)/g)].map(
    ([, name, version]) => `${name} ${version}`,
  );
  assert.equal(found.sort(), expected.sort());
});

test('names the SQLite that the bill of materials names', () => {
  const [, version] = /SQLite (\d+\.\d+\.\d+)/.exec(page) ?? [];
  assert.match(readFileSync(join(project, 'dist/sbom.cdx.json'), 'utf8'), `cpe:2.3:a:sqlite:sqlite:${version}:`);
});

test.run();
