import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../qcow2/qemu-img.js';
import { codesOf } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { anatomyOf } from './anatomy.js';
import { SECRET } from './layouts.js';
import { io, layOut, makeNode, makeOverlay, type QemuNode, verifyAll, verifyHere } from './qemu-node.js';

const test = suite('what QEMU can make of a snapshot that must not be cloned');
const tools = ['qemu-img', 'qemu-io', 'sha256sum'];

/** Turns a sound overlay with data in it into another one, at the same path. */
type Break = (overlay: string, node: QemuNode) => void;

const rebase = (format: string, name: (node: QemuNode) => string): Break => {
  return (overlay, node) =>
    run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', format, '-b', name(node), overlay);
};

const create = (options: string, ...flags: string[]): Break => {
  return (overlay, { base }) => {
    rmSync(overlay);
    run('qemu-img', 'create', '-q', ...flags, '-f', 'qcow2', '-o', options, '-b', base, '-F', 'qcow2', overlay);
  };
};

const convert = (format: string): Break => {
  return (overlay) => {
    run('qemu-img', 'convert', '-q', '-f', 'qcow2', '-O', format, overlay, `${overlay}.other`);
    copyFileSync(`${overlay}.other`, overlay);
  };
};

const editEntry = (write: (file: Buffer, entry: number) => void): Break => {
  return (overlay) => {
    const file = readFileSync(overlay);
    write(file, anatomyOf(file).usedL2Entries[0] as number);
    writeFileSync(overlay, file);
  };
};

const overlays: readonly (readonly [string, string, Break])[] = [
  [
    'copy-of-base',
    'backing-outside-store',
    (overlay, node) => {
      const copy = join(node.elsewhere, basename(node.base));
      copyFileSync(node.base, copy);
      rebase('qcow2', () => copy)(overlay, node);
    },
  ],
  [
    'through-a-link',
    'backing-outside-store',
    (overlay, node) => {
      symlinkSync(join(node.directory, 'cloudimg/blobs'), join(node.elsewhere, 'link'));
      rebase('qcow2', () => join(node.elsewhere, 'link', basename(node.base)))(overlay, node);
    },
  ],
  ['relative', 'backing-relative', rebase('qcow2', ({ base }) => `../../../cloudimg/blobs/${basename(base)}`)],
  [
    'without-base',
    'backing-none',
    (overlay) => run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-b', '', overlay),
  ],
  [
    'json',
    'backing-not-a-path',
    rebase('qcow2', ({ base }) => `json:{"driver":"qcow2","file":{"driver":"file","filename":"${base}"}}`),
  ],
  ['nbd', 'backing-not-a-path', rebase('qcow2', () => 'nbd://127.0.0.1:9/disk')],
  ['protocol', 'backing-not-a-path', rebase('qcow2', ({ base }) => `file:${base}`)],
  ['as-raw', 'backing-format-mismatch', rebase('raw', ({ base }) => base)],
  ['another-name', 'backing-name-not-a-digest', rebase('qcow2', ({ base }) => base.replace(/.\.qcow2$/, '.qcow2'))],
  ['aes', 'overlay-encrypted', create('encrypt.format=aes,encrypt.key-secret=s', ...SECRET)],
  ['extended-l2', 'overlay-unsupported', create('extended_l2=on')],
  ['internal-snapshot', 'overlay-unsupported', (overlay) => run('qemu-img', 'snapshot', '-c', 'one', overlay)],
  ['bitmap', 'overlay-unsupported', (overlay) => run('qemu-img', 'bitmap', '--add', overlay, 'one')],
  [
    'compressed-and-lazy',
    'overlay-unsupported',
    (overlay, node) => {
      create('lazy_refcounts=on')(overlay, node);
      io(overlay, 'qcow2', ['write -c -P 1 0 64k', 'write -P 2 1M 64k']);
    },
  ],
  ['data-file', 'external-data-file', (overlay, node) => create(`data_file=${node.elsewhere}/data.raw`)(overlay, node)],
  ['raw', 'overlay-malformed', convert('raw')],
  ['vmdk', 'overlay-malformed', convert('vmdk')],
  ['vdi', 'overlay-malformed', convert('vdi')],
  ['cut', 'overlay-malformed', (overlay) => truncateSync(overlay, readFileSync(overlay).length - 65_536)],
  ['on-the-header', 'overlay-malformed', editEntry((file, entry) => file.writeBigUInt64BE(1n << 63n, entry))],
  [
    'marked-corrupt',
    'overlay-marked-corrupt',
    (overlay, node) => {
      editEntry((file, entry) => file.writeBigUInt64BE(file.readBigUInt64BE(40) | (1n << 63n), entry))(overlay, node);
      // QEMU finds that it would write to the L1 table, and marks the image.
      assert.throws(() => io(overlay, 'qcow2', ['write -P 9 0 512']), /corrupt/);
    },
  ],
];

needs(tools, test, 'is denied, each kind with its own code', () => {
  const node = makeNode('cluster_size=64k');
  const made = new Map<string, string>();
  for (const [name, , breakIt] of overlays) {
    const overlay = makeOverlay(node, name);
    io(overlay, 'qcow2', ['write -P 1 0 1M']);
    breakIt(overlay, node);
    made.set(name, overlay);
  }
  const sound = makeOverlay(node, 'sound');
  layOut(node, new Map([...made, ['sound', sound]]));
  const { status, report } = verifyAll(node, temporaryDirectory());
  assert.is(status, 1);
  const found = Object.fromEntries(report.snapshots.map((entry) => [entry.name, codesOf(entry)[0] ?? 'allowed']));
  const wanted = Object.fromEntries(overlays.map(([name, code]) => [`${name}:v1`, code]));
  assert.equal(found, { ...wanted, 'sound:v1': 'allowed' });
  assert.equal([report.summary.allow, report.summary.deny], [1, overlays.length]);
});

/** What happens to a base after it was seen sound, and the codes that may stand first. */
const bases: readonly (readonly [string, readonly string[], (node: QemuNode) => void])[] = [
  [
    'written to through qemu-io',
    ['blob-corrupt', 'blob-replaced'],
    ({ base }) => io(base, 'qcow2', ['write -P 99 1M 512']),
  ],
  [
    'converted again',
    ['blob-replaced', 'blob-corrupt', 'blob-size-mismatch'],
    ({ base, baseRaw }) => {
      rmSync(base);
      run('qemu-img', 'convert', '-q', '-c', '-f', 'raw', '-O', 'qcow2', baseRaw, base);
    },
  ],
  [
    'rebased',
    ['blob-corrupt', 'blob-replaced'],
    ({ base, baseRaw }) => {
      run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', baseRaw, base);
    },
  ],
  [
    'resized',
    ['blob-size-mismatch', 'blob-corrupt'],
    ({ base }) => run('qemu-img', 'resize', '-q', '-f', 'qcow2', base, '+1G'),
  ],
  ['cut', ['blob-size-mismatch'], ({ base }) => truncateSync(base, 65_536)],
  ['gone', ['blob-missing'], ({ base }) => rmSync(base)],
  [
    'a link to a copy',
    ['blob-not-regular'],
    ({ base, elsewhere }) => {
      copyFileSync(base, join(elsewhere, 'copy'));
      rmSync(base);
      symlinkSync(join(elsewhere, 'copy'), base);
    },
  ],
  [
    'a directory',
    ['blob-not-regular'],
    ({ base }) => {
      rmSync(base);
      mkdirSync(base);
    },
  ],
];

for (const [what, codes, breakIt] of bases) {
  needs(tools, test, `a base that is ${what} denies its snapshot`, async () => {
    const node = makeNode('cluster_size=64k');
    const state = temporaryDirectory();
    layOut(node, new Map([['app', makeOverlay(node, 'app')]]));
    assert.is((await verifyHere(node, state)).verdict, 'allow');
    breakIt(node);
    const report = await verifyHere(node, state);
    assert.is(report.verdict, 'deny');
    assert.ok(codes.includes(codesOf(report.snapshots[0])[0] ?? ''), JSON.stringify(codesOf(report.snapshots[0])));
  });
}

test.run();
