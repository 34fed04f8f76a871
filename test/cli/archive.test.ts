import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGzip, buildTar } from '../builders/archive.js';
import { type Export, smallExport } from '../builders/exported-archive.js';
import { smallNode } from '../builders/small-node.js';
import { blobcheck, codesOf, program, verifyJson } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck verify --archive');

function verdictOn({ node, first, files }: Export, pack: typeof buildTar = buildTar) {
  const path = join(temporaryDirectory(), 'app.tar');
  writeFileSync(path, pack({ first: [first], files }));
  const { status, report } = verifyJson([...node.options, '--archive', path]);
  return { status, entry: report.snapshots[0] };
}

test('an archive as cocoon writes it is allowed, plain and compressed, and nothing is unpacked', () => {
  const made = smallExport();
  const before = readdirSync(made.node.root.directory, { recursive: true });
  for (const pack of [buildTar, buildGzip]) {
    const { status, entry } = verdictOn(made, pack);
    assert.equal(codesOf(entry), []);
    assert.equal([status, entry?.id, entry?.name, entry?.verdict], [0, null, 'app:v1', 'allow']);
  }
  assert.equal(readdirSync(made.node.root.directory, { recursive: true }), before);
});

test('of an archive that is not there the path is what is to be looked at', () => {
  const { status, report } = verifyJson([...smallNode().options, '--archive', '/nowhere/app.tar']);
  assert.is(status, 3);
  assert.equal(codesOf(report.snapshots[0]), ['file-unreadable']);
  assert.is(report.snapshots[0]?.findings[0]?.remedy, 'Check the path of the archive.');
});

test('an archive that is not there, or is a directory, is unverified; a cut one is denied with the entry’s name', () => {
  const made = smallExport();
  for (const path of ['/nowhere.tar', '/']) {
    const { status, report } = verifyJson([...made.node.options, '--archive', path]);
    assert.is(status, 3);
    assert.is(report.snapshots[0]?.verdict, 'unverified');
  }
  const path = join(temporaryDirectory(), 'cut.tar');
  writeFileSync(path, buildTar({ first: [made.first], files: made.files }).subarray(0, -4096));
  const { status, report } = verifyJson([...made.node.options, '--archive', path]);
  assert.is(status, 1);
  assert.equal(codesOf(report.snapshots[0]), ['archive-malformed']);
});

test('standard input is one archive, and called so', () => {
  const { node, first, files } = smallExport();
  const input = buildGzip({ first: [first], files });
  const words = [program, 'verify', '--archive', '-', ...node.options];
  const run = spawnSync(process.execPath, words, { input, encoding: 'utf8' });
  assert.is(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout, 'allow       standard input');
  assert.is(blobcheck(['verify', '--archive', '-', '-', ...node.options]).status, 2);
});

test.run();
