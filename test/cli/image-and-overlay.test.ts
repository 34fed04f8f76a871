import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../lib/report/documents.js';
import { putRow } from '../builders/edit-metadata.js';
import { baseBytes, imageUrl, overlayOn, smallNode } from '../builders/small-node.js';
import { blobcheckAsNobody } from '../support/as-nobody.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck verify --image and --overlay');

test('an image is judged by what the index says a new VM would be started from', () => {
  for (const engine of ['json', 'sqlite'] as const) {
    const node = smallNode({ engine });
    for (const ref of [imageUrl, node.base, `sha256:${node.base}`]) {
      const { status, report } = verifyJson([...node.options, '--image', ref]);
      assert.is(status, 0);
      assert.is(report.images[0]?.name, imageUrl);
      assert.is(report.images[0]?.blobs[0]?.actual, `sha256:${node.base}`);
    }
  }
});

test('an image that the index lacks, or whose blob is gone, is denied', () => {
  const node = smallNode();
  const unknown = verifyJson([...node.options, '--image', 'https://images.example.com/other.qcow2']);
  assert.is(unknown.status, 1);
  assert.equal(codesOf(unknown.report.images[0]), ['image-not-found']);
  rmSync(node.blob);
  const gone = verifyJson([...node.options, '--image', imageUrl]);
  assert.equal(codesOf(gone.report.images[0]), ['blob-missing']);
  assert.is(gone.report.images[0]?.findings[0]?.expectedFrom, 'image index');
});

test('a reference of a cloud image and of an OCI image is not allowed: cocoon asks which is meant', () => {
  for (const engine of ['json', 'sqlite'] as const) {
    const node = smallNode({ engine });
    const oci = { manifest_digest: `sha256:${'ef'.repeat(32)}`, layers: [{ digest: `sha256:${'ef'.repeat(32)}` }] };
    putRow(node.root.directory, engine, 'oci-images', 'another', oci);
    assert.is(verifyJson([...node.options, '--image', imageUrl]).status, 0);
    assert.equal(codesOf(verifyJson([...node.options, '--image', 'another']).report.images[0]), [
      'boot-file-missing',
      'blob-missing',
    ]);
    putRow(node.root.directory, engine, 'oci-images', imageUrl, oci);
    const { status, report } = verifyJson([...node.options, '--image', imageUrl]);
    assert.is(status, 3);
    assert.equal(codesOf(report.images[0]), ['snapshot-unsupported']);
    assert.match(report.images[0]?.findings[0]?.message ?? '', /a cloud image and an OCI image/);
  }
});

test('an image without the firmware that it would boot is denied', () => {
  const node = smallNode();
  const firmware = join(node.root.directory, 'firmware/CLOUDHV.fd');
  rmSync(firmware);
  const { status, report } = verifyJson([...node.options, '--image', imageUrl]);
  assert.is(status, 1);
  assert.equal(codesOf(report.images[0]), ['boot-file-missing']);
  assert.is(report.images[0]?.findings[0]?.subject, firmware);
});

test('an entry of the index says nothing of a size that it does not name; a wrong one it does', () => {
  const node = smallNode();
  const entry = (size: object) => ({ ref: imageUrl, content_sum: `sha256:${node.base}`, ...size });
  const judged = (size: object) => {
    putRow(node.root.directory, 'json', 'cloud-images', imageUrl, entry(size));
    return codesOf(verifyJson([...node.options, '--image', imageUrl]).report.images[0]);
  };
  assert.equal(judged({ size: 4096 }), ['blob-size-mismatch']);
  for (const none of [{}, { size: 0 }, { size: null }]) assert.equal(judged(none), []);
});

interface Outside {
  readonly directory: string;
  readonly blobs: string;
  readonly blob: string;
  readonly options: readonly string[];
}

/** A directory of blobs and one of overlays, outside any cocoon. */
function outside(): Outside {
  const directory = temporaryDirectory();
  const blobs = join(directory, 'blobs');
  mkdirSync(blobs);
  const bytes = baseBytes('outside');
  const blob = join(blobs, `${createHash('sha256').update(bytes).digest('hex')}.qcow2`);
  writeFileSync(blob, bytes);
  return { directory, blobs, blob, options: ['--blobs', blobs, '--state-dir', temporaryDirectory()] };
}

test('overlays outside cocoon are judged by glob, and their relative names from where they lie', () => {
  const { directory, blob, options } = outside();
  writeFileSync(join(directory, 'absolute.qcow2'), overlayOn(blob));
  writeFileSync(join(directory, 'relative.qcow2'), overlayOn(`blobs/${blob.slice(-70)}`));
  const { status, report } = verifyJson(['--overlay', join(directory, '*.qcow2'), ...options]);
  assert.is(status, 0);
  assert.is(report.root, null);
  assert.equal(
    report.overlays.map(({ verdict }) => verdict),
    ['allow', 'allow'],
  );
  assert.is(report.overlays[0]?.disks[0]?.chain[0]?.path, blob);
});

test('an overlay that stands on something else, or a pattern that matches nothing, is denied', () => {
  const { directory, blob, options } = outside();
  const elsewhere = join(directory, 'elsewhere');
  mkdirSync(elsewhere);
  cpSync(blob, join(elsewhere, blob.slice(-70)));
  writeFileSync(join(directory, 'a.qcow2'), overlayOn(join(elsewhere, blob.slice(-70))));
  symlinkSync(elsewhere, join(directory, 'link'));
  writeFileSync(join(directory, 'b.qcow2'), overlayOn(`link/../blobs/${blob.slice(-70)}`));
  mkdirSync(join(directory, 'd.qcow2'));
  const { report } = verifyJson(['--overlay', join(directory, '?.qcow2'), join(directory, 'none*'), ...options]);
  const found = Object.fromEntries(
    report.overlays.map((entry) => [entry.ref.replace(`${directory}/`, ''), codesOf(entry)]),
  );
  assert.equal(found, {
    'a.qcow2': ['backing-outside-store'],
    // `elsewhere/..` is this very directory, so the kernel comes to the blobs too.
    'b.qcow2': [],
    'd.qcow2': ['snapshot-file-missing'],
    'none*': ['snapshot-not-found'],
  });
});

test('a name with the characters of a glob is itself when it exists', () => {
  const { directory, blob, options } = outside();
  writeFileSync(join(directory, 'over[1].qcow2'), overlayOn(blob));
  const run = blobcheck(['verify', '--overlay', join(directory, 'over[1].qcow2'), ...options]);
  assert.is(run.status, 0);
  assert.match(run.stdout, /1 overlay: 1 allowed/);
});

test('a file that is called like a pattern hides none of those that the pattern means', () => {
  const { directory, blob, options } = outside();
  writeFileSync(join(directory, '*.qcow2'), overlayOn(blob));
  writeFileSync(join(directory, 'a.qcow2'), 'no qcow2');
  symlinkSync('nowhere', join(directory, 'b.qcow2'));
  const { status, report } = verifyJson(['--overlay', join(directory, '*.qcow2'), ...options]);
  assert.is(status, 1);
  assert.equal(
    report.overlays.map(({ verdict }) => verdict),
    ['allow', 'deny', 'deny'],
  );
});

test('where the directory of blobs is not there, or is none, no overlay is judged, and it is said why', () => {
  const { directory, blobs, blob, options } = outside();
  writeFileSync(join(directory, 'over.qcow2'), overlayOn(blob));
  rmSync(blobs, { recursive: true });
  const judge = () => {
    const { status, report } = verifyJson(['--overlay', join(directory, 'over.qcow2'), ...options]);
    const [found] = report.findings;
    return [status, report.overlays, found?.code, found?.subject, found?.message];
  };
  const because = (what: string) => [3, [], 'file-unreadable', blobs, what];
  assert.equal(judge(), because('the directory that the bases are looked for in is not there'));
  writeFileSync(blobs, '');
  assert.equal(judge(), because('the bases are looked for in what is no directory'));
});

needs(
  ['nobody'],
  test,
  'a pattern that a directory stands in the way of is unverified, and the others are judged',
  () => {
    const { directory, blobs, blob } = outside();
    writeFileSync(join(directory, 'over.qcow2'), overlayOn(blob));
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    chmodSync(directory, 0o755);
    const [good, shut, none] = ['over.qcow2', 'closed/*.qcow2', 'over.qcow2/x'].map((name) => join(directory, name));
    const words = ['--overlay', good, shut, none, '--blobs', blobs, '--state-dir', '/nowhere'] as string[];
    const run = blobcheckAsNobody(['verify', '--json', ...words]);
    assert.is(run.status, 1, run.stderr);
    const report: VerifyReport = JSON.parse(run.stdout);
    const told = report.overlays.map((entry) => [entry.ref, entry.verdict, codesOf(entry)]);
    assert.equal(told, [
      [good, 'allow', []],
      [none, 'deny', ['snapshot-not-found']],
      [shut, 'unverified', ['file-unreadable']],
    ]);
    assert.is(blobcheckAsNobody(['verify', ...words.filter((word) => word !== none)]).status, 3);
  },
);

needs(['nobody'], test, 'blobs that may not be looked at are unverified, wherever the way to them ends', () => {
  const { directory, blobs, blob } = outside();
  const overlay = join(directory, 'over.qcow2');
  writeFileSync(overlay, overlayOn(blob));
  chmodSync(directory, 0o755);
  const judge = () => {
    const run = blobcheckAsNobody([
      'verify',
      '--json',
      '--overlay',
      overlay,
      '--blobs',
      blobs,
      '--state-dir',
      '/nowhere',
    ]);
    const report: VerifyReport = JSON.parse(run.stdout);
    return [run.status, codesOf(report.overlays[0])];
  };
  assert.equal(judge(), [0, []]);
  chmodSync(blob, 0o600);
  assert.equal(judge(), [3, ['blob-unreadable']]);
  chmodSync(blob, 0o644);
  chmodSync(blobs, 0o700);
  assert.equal(judge(), [3, ['blob-unreadable']]);
});

needs(['nobody'], test, 'blobs that lie behind a directory which may not be entered are unverified', () => {
  const { directory, blobs, blob } = outside();
  const inside = join(directory, 'closed');
  mkdirSync(inside);
  renameSync(blobs, join(inside, 'blobs'));
  const overlay = join(directory, 'over.qcow2');
  writeFileSync(overlay, overlayOn(join(inside, 'blobs', blob.slice(-70))));
  chmodSync(directory, 0o755);
  chmodSync(inside, 0o700);
  const args = ['--overlay', overlay, '--blobs', join(inside, 'blobs'), '--state-dir', '/nowhere'];
  const run = blobcheckAsNobody(['verify', '--json', ...args]);
  assert.is(run.status, 3);
  const [found] = JSON.parse(run.stdout).findings;
  assert.equal([found.code, found.subject], ['file-unreadable', join(inside, 'blobs')]);
});

test.run();
