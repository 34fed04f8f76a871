import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backingPath } from '../../lib/qcow2/backing-path.js';
import { type Chain, readChain } from '../../lib/qcow2/chain.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('qcow2 chain');

function write(path: string, name?: string | Buffer, format?: string | null): string {
  const backing = name === undefined ? {} : { backing: format === undefined ? { name } : { name, format } };
  writeFileSync(path, buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, ...backing }));
  return path;
}

const ending = ({ links, end }: Chain) => [links.length, end.reason];

test('a chain ends at the file that has no backing file, and relative names lead from the file that has them', async () => {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'below'));
  write(join(dir, 'below', 'base.qcow2'));
  write(join(dir, 'below', 'middle.qcow2'), 'base.qcow2');
  const chain = await readChain(write(join(dir, 'top.qcow2'), 'below/middle.qcow2', null));
  assert.equal(ending(chain), [3, 'no-backing-file']);
  assert.equal(
    chain.links.map(({ path, named, namedFormat }) => [path.slice(dir.length), named, namedFormat]),
    [
      ['/top.qcow2', null, null],
      ['/below/middle.qcow2', 'below/middle.qcow2', null],
      ['/below/base.qcow2', 'base.qcow2', 'qcow2'],
    ],
  );
});

test('a link is followed, and a relative name leads from where it goes', async () => {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'real'));
  write(join(dir, 'real', 'base.qcow2'));
  write(join(dir, 'real', 'top.qcow2'), 'base.qcow2');
  symlinkSync('real/top.qcow2', join(dir, 'link.qcow2'));
  const chain = await readChain(join(dir, 'link.qcow2'));
  assert.equal(ending(chain), [2, 'no-backing-file']);
  assert.is(chain.links[0]?.path, join(dir, 'real', 'top.qcow2'));
});

test('ten backing files are followed and the eleventh is not opened', async () => {
  const dir = temporaryDirectory();
  write(join(dir, '0'));
  for (let at = 1; at <= 11; at++) write(join(dir, String(at)), String(at - 1));
  assert.equal(ending(await readChain(join(dir, '10'))), [11, 'no-backing-file']);
  assert.equal(ending(await readChain(join(dir, '11'))), [11, 'too-deep']);
  assert.equal(ending(await readChain(join(dir, '11'), { maxDepth: 2 })), [3, 'too-deep']);
});

test('a cycle is found by the file, not by its name', async () => {
  const dir = temporaryDirectory();
  write(join(dir, 'a'), 'b');
  symlinkSync('a', join(dir, 'b'));
  assert.equal(ending(await readChain(join(dir, 'a'))), [1, 'cycle']);
});

test('what is missing, no regular file or no qcow2 ends it', async () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'raw'), Buffer.alloc(4096));
  writeFileSync(join(dir, 'short'), Buffer.from('514649fb00000003', 'hex'));
  const of = async (name: string, format?: string) => ending(await readChain(write(join(dir, 'top'), name, format)));
  assert.equal(await of('nothing'), [1, 'missing']);
  assert.equal(await of('raw/nothing'), [1, 'missing']);
  assert.equal(await of('.'), [1, 'not-regular']);
  assert.equal(await of('/dev/zero'), [1, 'not-regular']);
  assert.equal(await of('raw'), [2, 'not-qcow2']);
  assert.equal(await of('short'), [2, 'header-unreadable']);
  write(join(dir, 'nested'), '/etc/passwd');
  assert.equal(await of('nested', 'raw'), [2, 'not-qcow2']);
  assert.equal(ending(await readChain(join(dir, 'nothing'))), [0, 'missing']);
});

needs(['mkfifo'], test, 'a FIFO ends it without waiting for a writer', async () => {
  const dir = temporaryDirectory();
  spawnSync('mkfifo', [join(dir, 'fifo')]);
  assert.equal(ending(await readChain(write(join(dir, 'top'), 'fifo'))), [1, 'not-regular']);
});

test('a name that is no path ends it', async () => {
  const dir = temporaryDirectory();
  const of = async (name: string | Buffer) => ending(await readChain(write(join(dir, 'top'), name)));
  for (const name of ['json:{"driver":"nbd"}', 'nbd://localhost', 'file:/etc/passwd', 'fd:3', 'x:']) {
    assert.equal(await of(name), [1, 'not-a-path']);
  }
  assert.equal(await of('/base\0/x'), [1, 'nul-in-name']);
  assert.equal(await of(Buffer.from('2fff', 'hex')), [1, 'name-not-utf8']);
});

test('a name out of place ends it', async () => {
  const dir = temporaryDirectory();
  const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, backing: { name: 'x' } });
  file.writeUInt32BE(5000, 16);
  writeFileSync(join(dir, 'top'), file);
  assert.equal(ending(await readChain(join(dir, 'top'))), [1, 'header-unreadable']);
});

test('a colon behind a slash is part of a path', () => {
  assert.equal(backingPath(Buffer.from('./a:b')), { kind: 'path', path: './a:b' });
  assert.equal(backingPath(Buffer.from('/a:b')), { kind: 'path', path: '/a:b' });
  assert.equal(backingPath(Buffer.from('a:b')), { kind: 'protocol', name: 'a:b' });
});

test('an aborted reader stops', async () => {
  try {
    await readChain('/nothing', { signal: AbortSignal.abort() });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code: string }).code, 'aborted');
  }
});

test.run();
