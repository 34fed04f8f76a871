import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readChain } from '../../lib/qcow2/chain.js';
import { type ImageInfo, run } from '../qcow2/qemu-img.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('chains, as inspect and as qemu-img follow them');

/** Makes an image in a directory that is made too, with the name of its backing file as it stands in it. */
function make(path: string, name?: string, format = 'qcow2'): string {
  mkdirSync(dirname(path), { recursive: true });
  run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M');
  if (name !== undefined) run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', format, '-b', name, path);
  return path;
}

interface Link {
  readonly path: string;
  /** The name of the next, and its format. */
  readonly names: string | null;
  readonly format: string | null;
}

/** The chain that qemu-img prints, or what it complains of. */
function chainOfQemu(path: string): Link[] | string {
  try {
    const out = run('qemu-img', 'info', '--output=json', '-U', '--backing-chain', path);
    const infos = JSON.parse(out) as (ImageInfo & { filename: string })[];
    return infos.map((info) => {
      const names = info['backing-filename'] ?? null;
      // Node's own realpath takes `..` as text.
      return { path: realpathSync.native(info.filename), names, format: info['backing-filename-format'] ?? null };
    });
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  }
}

async function ourChain(path: string): Promise<{ links: Link[]; end: string }> {
  const { links, end } = await readChain(path);
  const named = links.map((link, index) => {
    const next = links[index + 1];
    return { path: link.path, names: next?.named ?? null, format: next?.namedFormat ?? null };
  });
  return { links: named, end: end.reason };
}

async function areSame(path: string): Promise<void> {
  const { links, end } = await ourChain(path);
  assert.equal(links, chainOfQemu(path));
  assert.is(end, 'no-backing-file');
}

needs(['qemu-img'], test, 'absolute names, relative ones and names of many kinds lead to the same files', async () => {
  const dir = realpathSync(temporaryDirectory());
  const base = make(join(dir, 'store/base.qcow2'));
  await areSame(base);
  await areSame(make(join(dir, 'a/one.qcow2'), base));
  await areSame(make(join(dir, 'a/b/two.qcow2'), '../one.qcow2'));
  await areSame(make(join(dir, 'a/b/three.qcow2'), './../../a/b/two.qcow2'));
  await areSame(make(join(dir, 'a/four.qcow2'), join(dir, 'a/b/../b/./three.qcow2')));
  for (const name of ['with space', 'ümlaut', '%41', 'a:b', 'quote"', '-dash', '{json']) {
    const path = make(join(dir, 'names', name), base);
    await areSame(make(join(dir, 'top.qcow2'), path));
  }
  await areSame(make(join(dir, 'names/colon.qcow2'), './a:b'));
});

needs(['qemu-img'], test, 'a directory that is reached through a link leads on as the kernel takes it', async () => {
  const dir = realpathSync(temporaryDirectory());
  make(join(dir, 'real/deep/base.qcow2'));
  make(join(dir, 'base.qcow2'));
  symlinkSync('real/deep', join(dir, 'link'));
  make(join(dir, 'real/base.qcow2'));
  make(join(dir, 'real/deep/top.qcow2'), '../base.qcow2');
  await areSame(join(dir, 'link/top.qcow2'));
  await areSame(make(join(dir, 'over.qcow2'), 'link/../base.qcow2'));
  await areSame(make(join(dir, 'over.qcow2'), `${dir}/link/../base.qcow2`));
});

needs(
  ['qemu-img'],
  test,
  'the chain ends below a raw file, and a format that is not named is found by the magic',
  async () => {
    const dir = realpathSync(temporaryDirectory());
    const base = make(join(dir, 'base.qcow2'));
    const raw = join(dir, 'disk.raw');
    run('qemu-img', 'create', '-q', '-f', 'raw', raw, '1M');
    const over = (name: string, format: string) => make(join(dir, 'top.qcow2'), name, format);
    for (const [name, format] of [
      [raw, 'raw'],
      [base, 'raw'],
    ] as const) {
      const top = over(name, format);
      const { links, end } = await ourChain(top);
      assert.equal(links, chainOfQemu(top));
      assert.is(end, 'not-qcow2');
    }
  },
);

needs(['qemu-img'], test, 'where QEMU cannot follow, neither do we', async () => {
  const dir = realpathSync(temporaryDirectory());
  const raw = join(dir, 'disk.raw');
  run('qemu-img', 'create', '-q', '-f', 'raw', raw, '1M');
  const cycle = make(join(dir, 'cycle-b.qcow2'));
  make(join(dir, 'cycle-a.qcow2'), 'cycle-b.qcow2');
  run('qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', 'cycle-a.qcow2', cycle);
  const cases = [
    ['missing', make(join(dir, 'missing.qcow2'), 'nowhere.qcow2'), /No such file/],
    ['not-regular', make(join(dir, 'directory.qcow2'), dir), /regular file/],
    ['not-qcow2', make(join(dir, 'raw-as-qcow2.qcow2'), raw), /not in qcow2 format/],
    ['not-a-path', make(join(dir, 'nbd.qcow2'), 'nbd:unix:/nowhere'), /No such file|Failed to connect/],
    ['cycle', cycle, /loop/],
  ] as const;
  for (const [reason, path, complaint] of cases) {
    const { end } = await ourChain(path);
    const theirs = chainOfQemu(path);
    assert.is(end, reason);
    assert.type(theirs, 'string', reason);
    assert.match(String(theirs), complaint);
  }
});

needs(['qemu-img'], test, 'a FIFO is not opened', async () => {
  const dir = temporaryDirectory();
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  assert.is((await ourChain(make(join(dir, 'top.qcow2'), 'fifo', 'raw'))).end, 'not-regular');
});

test.run();
