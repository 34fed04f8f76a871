import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Exported, exported } from '../builders/exported-directory.js';
import { codesOf } from '../support/blobcheck.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('a directory in the place of a snapshot');

async function judged({ node, directory }: Exported) {
  const { snapshots } = await verifyNode(node, { directories: [directory] });
  return snapshots[0];
}

test('is allowed by its own record, and named as it was given', async () => {
  const one = exported();
  const given = relative(process.cwd(), one.directory);
  const entry = await judged({ ...one, directory: given });
  assert.equal([entry?.ref, entry?.id, entry?.verdict], [given, null, 'allow']);
  assert.equal(codesOf(entry), []);
});

test('that others can change is denied, whatever is in it', async () => {
  const one = exported();
  chmodSync(one.directory, 0o777);
  assert.equal(codesOf(await judged(one)), ['from-dir-not-private']);
});

test('in which many files are exposed is described by some of them', async () => {
  const one = exported();
  for (let at = 0; at < 8; at++) writeFileSync(join(one.directory, `more-${at}`), '');
  for (let at = 0; at < 8; at++) chmodSync(join(one.directory, `more-${at}`), 0o666);
  const found = (await judged(one))?.findings.filter(({ code }) => code === 'from-dir-not-private') ?? [];
  assert.is(found.length, 6);
  assert.match(found.at(-1)?.message ?? '', '3 more places');
});

function putDirectory(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

const records: readonly (readonly [what: string, change: (path: string) => void, code: string])[] = [
  ['is missing', (path) => rmSync(path), 'snapshot-file-missing'],
  ['is a directory', putDirectory, 'snapshot-file-missing'],
  ['is no JSON', (path) => writeFileSync(path, '{'), 'sidecar-malformed'],
  ['is larger than any', (path) => truncateSync(path, 17 * 2 ** 20), 'sidecar-malformed'],
  ['is of a version to come', (path) => writeFileSync(path, '{"version":2,"config":{}}'), 'snapshot-unsupported'],
];
for (const [what, change, code] of records) {
  test(`whose snapshot.json ${what} is refused`, async () => {
    const one = exported();
    change(join(one.directory, 'snapshot.json'));
    assert.equal(codesOf(await judged(one)), [code]);
  });
}

test('that is not there is said', async () => {
  const one = exported();
  rmSync(one.directory, { recursive: true });
  assert.ok(codesOf(await judged(one)).includes('from-dir-not-private'));
});

test.run();
