/** An operator in a hurry: what is pasted, what is skipped, what is asked for wrongly. */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryReport } from '../../lib/report/documents.js';
import { overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck, verifyJson } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('threats: an operator in a hurry');

type Damage = (node: SmallNode) => void;

const snapshotFile = (node: SmallNode, name: string) => join(node.root.files('app:v1'), name);

/** Nodes of which each is found guilty of something else. */
const damaged: readonly Damage[] = [
  (node) => rmSync(node.blob),
  (node) => truncateSync(node.blob, 0),
  (node) => truncateSync(node.blob, 4096),
  (node) => rmSync(snapshotFile(node, 'cidata.img')),
  (node) => truncateSync(snapshotFile(node, 'cidata.img'), 512),
  (node) => truncateSync(snapshotFile(node, 'memory-ranges'), 1),
  (node) => writeFileSync(snapshotFile(node, 'config.json'), '{'),
  (node) => writeFileSync(snapshotFile(node, 'cow.raw'), 'x'),
  (node) => writeFileSync(snapshotFile(node, 'overlay.qcow2'), overlayOn('/etc/shadow')),
  (node) => writeFileSync(snapshotFile(node, 'overlay.qcow2'), Buffer.alloc(100)),
  (node) => writeFileSync(snapshotFile(node, 'overlay.qcow2'), overlayOn(node.blob.replace(/[0-9a-f]{64}/, 'x'))),
  (node) => {
    renameSync(node.blob, `${node.blob}.aside`);
    writeFileSync(node.blob, overlayOn('/etc/shadow'));
  },
];

test('whatever is expected names the witness that says so', () => {
  const codes = new Set<string>();
  for (const damage of damaged) {
    const node = smallNode({
      snapshot: () => ({ edit: ({ record }) => (record.image_digest = `sha256:${'0'.repeat(64)}`) }),
    });
    damage(node);
    const [entry] = verifyJson([...node.options, 'app:v1']).report.snapshots;
    assert.is(entry?.verdict, 'deny');
    for (const found of entry?.findings ?? []) {
      codes.add(found.code);
      assert.is(found.expected !== null && found.expectedFrom === null, false, JSON.stringify(found));
    }
  }
  assert.ok(codes.size >= 10, [...codes].join());
});

const hostile = (place: string) => [
  `'; touch ${place}/quote; '`,
  `$(touch ${place}/dollar)`,
  `\`touch ${place}/tick\``,
  `x\ntouch ${place}/line`,
  `-rf ${place}`,
  `http://x/;touch${'$'}{IFS}${place}/semicolon`,
];

test('a remedy that root pastes runs nothing that a hostile name or URL says', () => {
  const place = temporaryDirectory();
  const names = hostile(place);
  const node = smallNode({
    more: (base, blob) => names.map((name) => snapshotOn(name, base, blob, { image: name })),
  });
  rmSync(node.blob);
  const { report } = verifyJson([...node.options, '--all']);
  const remedies = report.snapshots.flatMap(({ findings }: EntryReport) => findings.map(({ remedy }) => remedy ?? ''));
  assert.ok(remedies.length > names.length);
  for (const remedy of remedies.filter((text) => /^(blobcheck|cocoon) /.test(text))) {
    // As root would, on a node where neither program does anything.
    const path = temporaryDirectory();
    for (const name of ['blobcheck', 'cocoon']) writeFileSync(join(path, name), '#!/bin/sh\n', { mode: 0o755 });
    spawnSync('sh', ['-c', remedy], { cwd: path, env: { PATH: `${path}:/usr/bin:/bin` } });
  }
  for (const name of ['quote', 'dollar', 'tick', 'line', 'semicolon']) assert.not(existsSync(join(place, name)), name);
  assert.ok(existsSync(place));
});

test('a reference that looks like a path or an option is a name, behind -- too', () => {
  const node = smallNode({ more: (base, blob) => ['../x', '-x', '--all'].map((name) => snapshotOn(name, base, blob)) });
  for (const name of ['../x', '-x', '--all']) {
    const run = blobcheck(['verify', '--json', ...node.options, '--', name]);
    assert.is(run.status, 0, run.stdout + run.stderr);
    assert.equal(
      JSON.parse(run.stdout).snapshots.map((entry: EntryReport) => entry.name),
      [name],
    );
  }
  for (const name of ['../snapshot/db', '/etc/passwd', '..', '.']) {
    assert.is(blobcheck(['verify', ...node.options, '--', name]).status, 1, name);
  }
  assert.is(blobcheck(['verify', ...node.options, '-x']).status, 2);
});

test('what is skipped is counted apart and never called well, also where nothing else is left', () => {
  const pending = (base: string, blob: string) => [
    snapshotOn('late:v1', base, blob, { pending: true }),
    snapshotOn('going:v1', base, blob, { tombstone: 'deleting' as const }),
  ];
  const node = smallNode({ more: pending });
  const { report } = verifyJson([...node.options, '--all']);
  assert.equal(report.summary, { allow: 1, deny: 0, unverified: 0, skipped: 2 });
  assert.equal(
    report.snapshots.map(({ name }) => name),
    ['app:v1'],
  );
  const { status } = verifyJson([...node.options, 'late:v1']);
  assert.is(status, 1);
});

test.run();
