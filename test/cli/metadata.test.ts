import { appendFileSync, chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../lib/report/documents.js';
import { idFor } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { imageUrl, smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheckAsNobody } from '../support/as-nobody.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck verify on metadata that is broken');

/** The codes of the run itself and of every entry: an error of one reference stands in the entry of that reference. */
function allCodes(report: VerifyReport): string[] {
  const entries = [...report.snapshots, ...report.images];
  return [...report.findings, ...entries.flatMap(({ findings }) => findings)].map(({ code }) => code);
}

test('one bad snapshot among many stops no other', () => {
  const more = (base: string, blob: string) => [
    snapshotOn('bad:v1', base, blob, { edit: ({ record }) => Object.assign(record, { memory: 'a lot' }) }),
    snapshotOn('worse:v1', base, blob, { edit: ({ record }) => Object.assign(record, { data_dir: '/nowhere' }) }),
  ];
  const { options } = smallNode({ more });
  const { status, report } = verifyJson([...options, '--all']);
  assert.is(status, 1);
  const byName = Object.fromEntries(report.snapshots.map((entry) => [entry.ref, entry]));
  assert.is(byName['app:v1']?.verdict, 'allow');
  assert.is(byName['bad:v1']?.verdict, 'unverified');
  assert.match(byName['bad:v1']?.findings[0]?.message ?? '', /"field|field "memory"/);
  assert.equal(codesOf(byName['worse:v1']), ['snapshot-file-missing']);
});

test('an initialised root without snapshots is all well, an absent or empty one is not', () => {
  const { root, options } = smallNode();
  writeFileSync(join(root.directory, 'snapshot/db/snapshots.json'), '{"snapshots":{},"names":{}}\n');
  const empty = blobcheck(['verify', '--all', ...options]);
  assert.is(empty.status, 0);
  assert.match(empty.stdout, /^0 snapshots: 0 allowed/);
  for (const directory of [temporaryDirectory(), '/nonexistent/cocoon']) {
    const { status, report } = verifyJson(['--all', '--root-dir', directory, '--state-dir', temporaryDirectory()]);
    assert.is(status, 3);
    assert.equal(
      report.findings.map(({ code }) => code),
      ['metadata-unreadable'],
    );
    assert.is(report.engine, null);
  }
});

test('a root that is none says which one it is, and not to mend an index', () => {
  for (const directory of [temporaryDirectory(), '/nonexistent/cocoon', '/dev/null']) {
    const { stdout } = blobcheck(['verify', '--all', '--root-dir', directory, '--state-dir', temporaryDirectory()]);
    assert.match(stdout, `at        ${directory}\n`);
    assert.match(stdout, 'Is this the root directory of cocoon? --root-dir or COCOON_ROOT_DIR names another.');
    assert.match(stdout, /\nnothing was judged, \d+ms\n$/);
  }
});

needs(['root', 'nobody'], test, 'a root that the caller may not read says as whom to run it', () => {
  const { root, options } = smallNode();
  chmodSync(root.directory, 0o700);
  const run = blobcheckAsNobody(['verify', ...options, 'app:v1']);
  assert.is(run.status, 3);
  assert.match(run.stdout, 'Run it as root, or as a user who may read the whole root.');
});

test('metadata that cannot be trusted is unverified, with the reason', () => {
  const cases: readonly [string, (directory: string) => void][] = [
    ['metadata-unreadable', (directory) => truncateSync(join(directory, 'snapshot/db/snapshots.json'), 40)],
    ['metadata-unreadable', (directory) => appendFileSync(join(directory, 'snapshot/db/snapshots.json'), '{}')],
    ['metadata-converting', (directory) => convertingIn(directory)],
    ['metadata-ambiguous', (directory) => databaseBeside(directory)],
  ];
  for (const [code, change] of cases) {
    const { root, options } = smallNode();
    change(root.directory);
    const { status, report } = verifyJson([...options, 'app:v1']);
    assert.is(status, 3, code);
    assert.equal(allCodes(report), [code]);
  }
});

function convertingIn(directory: string): void {
  mkdirSync(join(directory, 'meta'), { recursive: true });
  writeFileSync(join(directory, 'meta/meta-convert.manifest'), '{}');
}

/** A database beside the live JSON index, as on a node that was downgraded. */
function databaseBeside(directory: string): void {
  const { root } = smallNode({ engine: 'sqlite' });
  mkdirSync(join(directory, 'meta'), { recursive: true });
  writeFileSync(join(directory, 'meta/meta.db'), readFileSync(join(root.directory, 'meta/meta.db')));
}

test('a database of a newer cocoon is refused, not guessed at', () => {
  const { root, options } = smallNode({ engine: 'sqlite' });
  const database = new DatabaseSync(join(root.directory, 'meta/meta.db'));
  database.exec('PRAGMA user_version = 2');
  database.close();
  const { status, report } = verifyJson([...options, 'app:v1']);
  assert.is(status, 3);
  assert.equal(allCodes(report), ['metadata-newer']);
});

for (const engine of ['json', 'sqlite'] as const) {
  test(`a snapshot whose tombstone cannot be read is unverified, however it is asked for (${engine})`, () => {
    const { root, options } = smallNode({ engine, more: (base, blob) => [snapshotOn('torn:v1', base, blob)] });
    const tombstone = (phase: string) => putRow(root.directory, engine, 'tombstones', idFor('torn:v1'), { phase });
    for (const asked of ['--all', '*', 'torn:v1', 'torn:*', idFor('torn:v1')]) {
      tombstone('some day');
      const { status, report } = verifyJson([...options, asked]);
      assert.is(status, 3, asked);
      const torn = report.snapshots.find(({ ref }) => ref !== 'app:v1');
      assert.is(torn?.verdict, 'unverified', asked);
      assert.equal(codesOf(torn), ['metadata-unreadable'], asked);
      const others = report.snapshots.filter((entry) => entry !== torn);
      assert.ok(others.every(({ verdict }) => verdict === 'allow'));
      // One that cocoon will roll back is there, and one that it will delete is not.
      tombstone('leased');
      assert.is(verifyJson([...options, asked]).status, 0, asked);
    }
    tombstone('deleting');
    assert.is(verifyJson([...options, 'torn:v1']).status, 1);
    assert.equal(verifyJson([...options, '--all']).report.summary, { allow: 1, deny: 0, unverified: 0, skipped: 1 });
  });

  test(`a broken entry of the image index hides nothing that the snapshot itself is guilty of (${engine})`, () => {
    const hostile = (base: string, blob: string) => [
      snapshotOn('evil:v1', base, blob, { edit: ({ config }) => Object.assign(config.rng, { src: '/dev/sda' }) }),
    ];
    const { root, options } = smallNode({ engine, more: hostile });
    putRow(root.directory, engine, 'cloud-images', imageUrl, { content_sum: 7 });
    const { status, report } = verifyJson([...options, 'app:v1', 'evil:v1']);
    assert.is(status, 1);
    assert.equal(report.snapshots.map(codesOf), [
      ['metadata-unreadable'],
      ['vm-config-host-access', 'metadata-unreadable'],
    ]);
    assert.equal(
      report.snapshots.map(({ verdict }) => verdict),
      ['unverified', 'deny'],
    );
    // The base is read all the same.
    assert.is(report.snapshots[1]?.blobs[0]?.how, 'hashed');
  });

  test(`a reference that leads to broken metadata stops no other, and no image (${engine})`, () => {
    const { root, options } = smallNode({ engine, more: (base, blob) => [snapshotOn('bad:v1', base, blob)] });
    for (const [table, id, value] of [
      ['snapshots', idFor('bad:v1'), { id: idFor('bad:v1'), name: 'bad:v1', memory: 'a lot' }],
      ['names', 'bad:v1', 7],
    ] as const) {
      putRow(root.directory, engine, table, id, value);
      for (const refs of [
        ['app:v1', 'bad:v1'],
        ['bad:v1', 'app:v1'],
      ]) {
        const { status, report } = verifyJson([...options, ...refs, '--image', imageUrl]);
        assert.is(status, 3);
        assert.equal(
          report.snapshots.map(({ ref, verdict }) => [ref, verdict]),
          refs.map((ref) => [ref, ref === 'bad:v1' ? 'unverified' : 'allow']),
        );
        assert.equal(allCodes(report), ['metadata-unreadable']);
        assert.is(report.images[0]?.verdict, 'allow');
      }
    }
  });
}

test.run();
