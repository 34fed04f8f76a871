/** What docs/security.md and docs/security/rules.md promise is held by tests that are there, in words that are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFindingCode } from '../lib/finding/catalogue.js';
import { LONG_FORMS } from './long/long-forms.js';

const test = suite('the page on security');

const project = fileURLToPath(new URL('..', import.meta.url));
const pages = ['docs/security.md', 'docs/security/rules.md'];
const read = (path: string) => readFileSync(join(project, path), 'utf8');

const cellsOf = (line: string) =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

interface Named {
  readonly file: string;
  readonly name: string;
}

/** The tests that a cell names: a file in backticks, then names in “quotes”. */
function testsIn(cell: string): Named[] {
  return [...cell.matchAll(/`([a-z0-9/-]+)`((?:[;,]? “[^”]+”)+)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
  );
}

/** The rows of all tables whose last column says what holds them. */
const promises = pages.flatMap((page) => {
  const tables = read(page)
    .split('\n\n')
    .map((text) => text.split('\n'))
    .filter(([head = '']) => head.startsWith('|') && cellsOf(head).at(-1) === 'held by');
  return tables.flatMap(([, , ...rows]) =>
    rows.filter((row) => row !== '').map((row) => ({ page, cells: cellsOf(row) })),
  );
});

/** Whether a file has a text as a whole string: the name of a test, or of a case in a table. */
function hasString(file: string, name: string): boolean {
  const text = read(file);
  return [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted));
}

test('every row names at least one test', () => {
  assert.ok(promises.length > 150, `${promises.length} rows`);
  for (const { page, cells } of promises) assert.ok(testsIn(cells.at(-1) ?? '').length > 0, `${page}: ${cells[0]}`);
});

test('every test that is named stands in its file, word for word', () => {
  const lost: string[] = [];
  for (const { file, name } of promises.flatMap(({ cells }) => testsIn(cells.at(-1) ?? ''))) {
    // A property has its name in the list that `npm run fuzz` tries, too.
    const path = `test/${file}${file.startsWith('fuzz/properties/') ? '' : '.test'}.ts`;
    if (!existsSync(join(project, path))) lost.push(`${path} is not there`);
    else if (!hasString(path, name)) lost.push(`${path} has no “${name}”`);
  }
  assert.equal(lost, []);
});

test('every finding that is named is one', () => {
  const words = promises.flatMap(({ cells }) =>
    cells.slice(0, -1).flatMap((cell) => [...cell.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, word = '']) => word)),
  );
  assert.ok(words.length > 20);
  assert.equal(
    words.filter((word) => !isFindingCode(word)),
    [],
  );
});

test('a name that its file does not have is missed', () => {
  const file = 'test/security-page.test.ts';
  assert.ok(hasString(file, 'every row names at least one test'));
  // A part of a name is none.
  assert.not(hasString(file, ['every row names', 'at least'].join(' ')));
});

test('the sections that commands fill in are there, and no path of where this was designed', () => {
  const page = read('docs/security.md');
  for (const section of ['fuzz', 'mutants', ...LONG_FORMS]) {
    const [begin, end] = [page.indexOf(`<!-- ${section} -->`), page.indexOf(`<!-- /${section} -->`)];
    assert.ok(begin !== -1 && begin < end, section);
  }
  for (const path of pages) assert.not.match(read(path), /threats\.md|trust\.md|\/work\//);
});

test.run();
