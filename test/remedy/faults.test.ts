import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ensure } from '../../lib/remedy/ensure.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { diskBytes } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { bringingNeeds, cocoonFor, codesOf, ensureWords, otherFiles, run, scratchIsGone, servedNode } from './node.js';

const test = suite('ensure on a bad day');

for (const call of ['fsync', 'rename', 'fchmod,chmod,fchmodat'] as const) {
  needs(
    [...bringingNeeds, 'strace'],
    test,
    `${call} that fails with EIO is told, and the store is as it was`,
    async () => {
      const node = await servedNode();
      rmSync(node.blob);
      const before = otherFiles(node);
      const inject = ['-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:error=EIO`];
      const { status, stdout } = await run(['strace', ...inject, ...ensureWords(node)], {
        ...node.env,
        // Only ours: cocoon has trouble of its own then.
        BLOBCHECK_COCOON: copyingCocoon(node.source, node.base),
      });
      assert.is(status, 1, stdout);
      const report = JSON.parse(stdout);
      assert.equal(codesOf(report), ['pull-failed', 'blob-missing']);
      assert.ok(!existsSync(node.blob));
      assert.equal(otherFiles(node), before);
      const next = await run(ensureWords(node), node.env);
      assert.is(next.status, 0, next.stdout);
      assert.ok(scratchIsGone(node));
      await node.server.close();
    },
  );
}

/** A program that brings an image without any of the calls that a test makes fail. */
function copyingCocoon(source: Buffer, base: string): string {
  const place = temporaryDirectory();
  writeFileSync(join(place, 'image'), source);
  const script = `#!/bin/sh\nmkdir -p "$2/cloudimg/blobs" && cat ${place}/image > "$2/cloudimg/blobs/${base}.qcow2"\n`;
  writeFileSync(join(place, 'cocoon'), script, { mode: 0o755 });
  return join(place, 'cocoon');
}

needs(
  [...bringingNeeds, 'mount-namespace'],
  test,
  'a disk that is full is told, the store is as it was, and with room the next ends the job',
  async () => {
    const clusters = Array.from({ length: 64 }, (_, index) => ({ index, data: Buffer.alloc(65536, `${index}x`) }));
    const node = await servedNode({ source: buildQcow2({ virtualSize: diskBytes, clusters }) });
    rmSync(node.blob);
    const script = `set -e
    mkdir "$1.full"; cp -a --sparse=always "$1/." "$1.full/"; mount -t tmpfs -o size=4m none "$1"; cp -a --sparse=always "$1.full/." "$1/"
    root=$1; shift
    "$@" > "$root.first" || echo $? > "$root.status"
    find "$root" -name '*.qcow2' -path '*blobs*' > "$root.left"; ls -A "$root" >> "$root.left"
    mount -o remount,size=64m "$root"
    "$@" > "$root.second"; sha256sum "$root"/cloudimg/blobs/*.qcow2 > "$root.sum"`;
    const root = node.root.directory;
    const ran = await run(
      ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', root, ...ensureWords(node)],
      node.env,
    );
    const read = (name: string) => readFileSync(`${root}.${name}`, 'utf8');
    try {
      assert.is(ran.status, 0);
      assert.is(read('status').trim(), '1');
      assert.equal(codesOf(JSON.parse(read('first'))), ['pull-failed', 'blob-missing']);
      assert.not.match(read('left'), /blobcheck|\.qcow2/);
      assert.is(JSON.parse(read('second')).verdict, 'allow');
      assert.match(read('sum'), new RegExp(`^${node.base} `));
    } finally {
      for (const name of ['full', 'first', 'status', 'left', 'second', 'sum'])
        rmSync(`${root}.${name}`, { recursive: true, force: true });
      await node.server.close();
    }
  },
);

/** A state directory in which nothing can be remembered. */
function unusableState(): string {
  const path = join(temporaryDirectory(), 'state');
  writeFileSync(path, 'not a directory');
  return path;
}

needs(
  bringingNeeds,
  test,
  'where nothing can be remembered, what hashes to its name is brought all the same',
  async () => {
    const node = await servedNode();
    rmSync(node.blob);
    const check = { location: node.root.location, stateDir: unusableState(), tool: 'test' };
    const cocoon = cocoonFor(node.env);
    const report = await ensure({ snapshots: ['app:v1'], policy: 'IfNotPresent' }, { ...check, cocoon });
    assert.is(report.verdict, 'allow');
    assert.ok(report.verify.findings.some(({ code }) => code === 'state-unusable'));
    await node.server.close();
  },
);

needs(
  bringingNeeds,
  test,
  'and what was converted is not put in place: nobody could tell afterwards what it must be',
  async () => {
    const place = temporaryDirectory();
    const raw = Buffer.alloc(2 ** 20, 'guest');
    writeFileSync(join(place, 'raw'), raw);
    spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', join(place, 'raw'), join(place, 'image')]);
    const node = await servedNode({ source: raw, stored: readFileSync(join(place, 'image')) });
    rmSync(node.blob);
    const check = { location: node.root.location, stateDir: unusableState(), tool: 'test' };
    const cocoon = cocoonFor(node.env);
    const report = await ensure({ snapshots: ['app:v1'], policy: 'IfNotPresent' }, { ...check, cocoon });
    assert.equal([report.verdict, codesOf(report)], ['deny', ['pull-failed', 'blob-missing']]);
    assert.match(report.steps[0]?.findings[0]?.message ?? '', 'its seal cannot be written');
    assert.ok(!existsSync(node.blob));
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'without a cocoon only a copy brings anything', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const check = {
    location: node.root.location,
    stateDir: node.state,
    tool: 'test',
    cocoon: { problem: 'there is no cocoon' },
  };
  const request = { snapshots: ['app:v1'], policy: 'IfNotPresent' } as const;
  const report = await ensure(request, check);
  assert.match(report.steps[0]?.findings[0]?.message ?? '', 'there is no cocoon');
  const from = join(temporaryDirectory(), 'image');
  writeFileSync(from, node.source);
  assert.is((await ensure({ ...request, from }, check)).verdict, 'allow');
  assert.is(sha256(readFileSync(node.blob)), node.base);
  await node.server.close();
});

needs(bringingNeeds, test, 'what is interrupted leaves nothing behind, and ends cocoon first', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const stalled = node.server.stall('base.qcow2', node.source);
  const [command = '', ...args] = ensureWords(node);
  const child = spawn(command, args, { env: node.env, stdio: 'ignore' });
  await stalled.started;
  child.kill('SIGTERM');
  assert.equal((await once(child, 'close'))[0], 143);
  stalled.cut();
  node.server.serve('base.qcow2', node.source);
  const next = await run(ensureWords(node), node.env);
  assert.is(next.status, 0, next.stdout);
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

test.run();
