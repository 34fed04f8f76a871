import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, imageUrl, overlayOn, smallNode } from '../builders/small-node.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';
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

test.run();
