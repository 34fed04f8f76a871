import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { run } from '../qcow2/qemu-img.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { resize } from './ask-qemu.js';
import { sha256sum } from './images.js';
import { expectedRaw, io, layOut, makeNode, makeOverlay, verifyAll } from './qemu-node.js';

const test = suite('what an allowed snapshot shows its guest');
const tools = ['qemu-img', 'qemu-io', 'sha256sum'];

/** How bases are converted: options and flags. */
const bases: readonly (readonly string[])[] = [
  ['cluster_size=64k'],
  ['compression_type=zstd', '-c'],
  ['compat=0.10'],
  ['compat=0.10', '-c'],
  ['cluster_size=512,refcount_bits=1'],
  ['cluster_size=2M', '-c'],
  ['cluster_size=4k,preallocation=metadata'],
  ['lazy_refcounts=on,refcount_bits=64'],
];

/** How overlays are made, and what is written through them. */
const overlays: readonly (readonly [string, string, readonly string[]])[] = [
  ['untouched', 'cluster_size=64k', []],
  ['written', 'cluster_size=64k', ['write -P 1 0 1M', 'write -P 2 3500k 1M']],
  ['scattered', 'cluster_size=4k', [3, 511, 1777, 4090, 6143].map((at) => `write -P ${at % 251} ${at}k 512`)],
  ['zeroed', 'cluster_size=64k', ['write -z 0 2M', 'write -z -u 4M 64k', 'write -P 3 1M 512']],
  ['old', 'compat=0.10', ['write -P 4 2M 2M']],
  ['small', 'cluster_size=512,refcount_bits=8', ['write -P 5 1000k 70k', 'write -z 2M 1k']],
  ['large', 'cluster_size=2M', ['write -P 6 5M 512']],
  ['lazy', 'lazy_refcounts=on', ['write -P 7 0 6M']],
  ['zstd', 'compression_type=zstd', ['write -P 8 64k 64k']],
];

needs(
  tools,
  test,
  'is the base with the writes of the overlay, before and after QEMU has grown a copy of it',
  async () => {
    const counts = { bases: 0, overlays: 0, allowed: 0, 'other content': 0 };
    for (const [options = '', ...flags] of amount(bases.slice(1, 2), bases)) {
      const node = makeNode(options, ...flags);
      const made = new Map<string, string>();
      for (const [name, layout, commands] of overlays) {
        const path = makeOverlay(node, name, layout);
        if (commands.length > 0) io(path, 'qcow2', commands);
        made.set(name, path);
      }
      const root = layOut(node, made);
      const { status, report } = verifyAll(node, temporaryDirectory());
      assert.is(status, 0, JSON.stringify(report.snapshots.flatMap(({ findings }) => findings)));
      assert.is(report.summary.allow, overlays.length);
      counts.bases += 1;
      for (const [name, , commands] of overlays) {
        const entry = report.snapshots.find((one) => one.name === `${name}:v1`);
        assert.is(entry?.blobs[0]?.actual, `sha256:${sha256sum(node.base)}`);
        assert.is(entry?.disks[0]?.chain[0]?.path, node.base);
        const overlay = join(root.files(`${name}:v1`), 'overlay.qcow2');
        const expected = expectedRaw(node, commands);
        // Throws where one byte differs.
        run('qemu-img', 'compare', '-q', '-f', 'raw', '-F', 'qcow2', expected, overlay);
        const copy = join(node.elsewhere, 'copy.qcow2');
        copyFileSync(overlay, copy);
        assert.is(await resize(copy, '+1G'), null);
        run('qemu-img', 'compare', '-q', '-f', 'raw', '-F', 'qcow2', expected, copy);
        counts.overlays += 1;
        counts.allowed += entry?.verdict === 'allow' ? 1 : 0;
      }
    }
    tally('qcow2: guest content of allowed snapshots', counts);
  },
);

test.run();
