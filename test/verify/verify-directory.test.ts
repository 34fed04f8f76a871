import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../lib/finding/catalogue.js';
import type { EntryReport } from '../../lib/report/documents.js';
import { DOCUMENT_LIMIT } from '../../lib/store/json-limits.js';
import { type Exported, exported } from '../builders/exported-directory.js';
import { overlayOn } from '../builders/small-node.js';
import { swap } from '../cli/seals.js';
import { codesOf } from '../support/blobcheck.js';
import { withoutPlace } from '../support/remedies.js';
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

/** What is found, as far as a program reads it. */
const found = (entry: EntryReport | undefined) =>
  entry?.findings.map(({ code, subject, message, remedy }) => [code, subject, message, remedy]);

const WRITABLE = 'others can write it (mode 0777)';

test('that others can change is denied, whatever is in it', async () => {
  const one = exported();
  chmodSync(one.directory, 0o777);
  const entry = await judged(one);
  const exposed = ['from-dir-not-private', one.directory, WRITABLE, catalogue['from-dir-not-private'].mend];
  assert.equal([entry?.verdict, found(entry)], ['deny', [exposed]]);
  assert.is(entry?.blobs.length, 1);
  rmSync(one.node.blob);
  const [first, second, ...others] = found(await judged(one)) ?? [];
  assert.equal([first, second?.slice(0, 2), others], [exposed, ['blob-missing', one.node.blob], []]);
  rmSync(join(one.directory, 'snapshot.json'));
  const without = await judged(one);
  assert.equal([without?.verdict, codesOf(without)], ['deny', ['from-dir-not-private', 'snapshot-file-missing']]);
});

test('whose base is gone is denied, with the command that brings it', async () => {
  const one = exported();
  rmSync(one.node.blob);
  const [first] = (await judged(one))?.findings ?? [];
  assert.equal(
    [first?.code, withoutPlace(first?.remedyArgv)],
    ['blob-missing', ['blobcheck', 'ensure', '--from-dir', one.directory]],
  );
});

test('in which many files are exposed is described by some of them', async () => {
  const one = exported();
  for (let at = 0; at < 8; at++) writeFileSync(join(one.directory, `more-${at}`), '');
  for (let at = 0; at < 8; at++) chmodSync(join(one.directory, `more-${at}`), 0o666);
  const exposed = (await judged(one))?.findings.filter(({ code }) => code === 'from-dir-not-private') ?? [];
  assert.is(exposed.length, 6);
  const names = exposed.slice(0, 5).map(({ subject }) => subject);
  assert.is(new Set(names).size, 5);
  for (const name of names) assert.ok(name?.startsWith(join(one.directory, 'more-')), name ?? '');
  assert.equal([exposed[5]?.subject, exposed[5]?.message], [null, '3 more places that others can change']);
});

test('in which six files are exposed is described by five of them, and that there is one more', async () => {
  const one = exported();
  for (let at = 0; at < 6; at++) writeFileSync(join(one.directory, `more-${at}`), '');
  for (let at = 0; at < 6; at++) chmodSync(join(one.directory, `more-${at}`), 0o666);
  const exposed = (await judged(one))?.findings.filter(({ code }) => code === 'from-dir-not-private') ?? [];
  assert.equal([exposed.length, exposed[5]?.message], [6, '1 more places that others can change']);
});

test('in which five files are exposed is described by all of them', async () => {
  const one = exported();
  for (let at = 0; at < 5; at++) writeFileSync(join(one.directory, `more-${at}`), '');
  for (let at = 0; at < 5; at++) chmodSync(join(one.directory, `more-${at}`), 0o666);
  const exposed = (await judged(one))?.findings.filter(({ code }) => code === 'from-dir-not-private') ?? [];
  assert.equal(
    exposed.map(({ subject }) => subject).sort(),
    [0, 1, 2, 3, 4].map((at) => join(one.directory, `more-${at}`)),
  );
});

function putDirectory(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

const NO_FILE = 'snapshot.json, which says what the snapshot is of, is not there as a regular file';

const records: readonly (readonly [
  what: string,
  change: (path: string) => void,
  verdict: string,
  code: string,
  message: string,
  actual: string | null,
])[] = [
  ['is missing', (path) => rmSync(path), 'deny', 'snapshot-file-missing', NO_FILE, 'missing'],
  ['is a directory', putDirectory, 'deny', 'snapshot-file-missing', NO_FILE, 'directory'],
  ['is no JSON', (path) => writeFileSync(path, '{'), 'deny', 'sidecar-malformed', 'it ends too early', null],
  [
    'is larger than any',
    (path) => truncateSync(path, 17 * 2 ** 20),
    'deny',
    'sidecar-malformed',
    `it has ${17 * 2 ** 20} bytes, more than ${DOCUMENT_LIMIT}`,
    null,
  ],
  [
    'is of a version to come',
    (path) => writeFileSync(path, '{"version":2,"config":{}}'),
    'unverified',
    'snapshot-unsupported',
    'version 2 of snapshot.json is not known',
    null,
  ],
];
for (const [what, change, verdict, code, message, actual] of records) {
  test(`whose snapshot.json ${what} is refused`, async () => {
    const one = exported();
    const path = join(one.directory, 'snapshot.json');
    change(path);
    const entry = await judged(one);
    assert.equal([entry?.verdict, codesOf(entry)], [verdict, [code]]);
    const [first] = entry?.findings ?? [];
    assert.equal([first?.subject, first?.actual], [path, actual]);
    assert.ok(first?.message.includes(message), first?.message);
  });
}

test('that is not there is said', async () => {
  const one = exported();
  rmSync(one.directory, { recursive: true });
  const entry = await judged(one);
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['from-dir-not-private', 'snapshot-file-missing']]);
  const [first] = entry?.findings ?? [];
  assert.equal([first?.subject, first?.message, first?.remedy], [one.directory, 'is not there', 'check the path']);
});

test('that cannot be looked at is not judged', async () => {
  const one = exported();
  const directory = join(one.directory, 'd'.repeat(300));
  const entry = await judged({ ...one, directory });
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-unreadable', 'file-unreadable']]);
  assert.equal(
    entry?.findings.map(({ subject, message }) => [subject, message]),
    [
      [directory, 'cannot be looked at: ENAMETOOLONG: name too long'],
      [join(directory, 'snapshot.json'), 'cannot be read: ENAMETOOLONG: name too long'],
    ],
  );
});

test('in which a file is replaced while its base is read is not allowed', async () => {
  const one = exported();
  const overlay = join(one.directory, 'overlay.qcow2');
  const onProgress = () => swap(overlay, overlayOn('/etc/shadow'));
  const [entry] = (await verifyNode(one.node, { directories: [one.directory] }, { onProgress })).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-changed']]);
  assert.is(entry?.findings[0]?.subject, one.directory);
});

test.run();
