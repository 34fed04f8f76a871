import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bringingNeeds, type ServedNode, servedNode } from '../remedy/node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flip } from '../verify/blobs.js';

const test = suite('what a hook has others do');

interface Asked {
  readonly status: number | null;
  readonly stderr: string;
}

/** Asks about `app:v1` as bin/pre-clone does. `left` is a descriptor that the caller has left open, as number 30. */
async function ask(node: ServedNode, env: NodeJS.ProcessEnv = {}, left: number | 'ignore' = 'ignore'): Promise<Asked> {
  const between = Array.from({ length: 27 }, () => 'ignore' as const);
  const child = spawn(process.execPath, [program, 'hook', '--pull', ...node.options, 'app:v1'], {
    env: { ...node.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', ...between, left],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

/** The processes that ensure something of a node. */
function workers({ root }: ServedNode): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = textOf(`/proc/${pid}/cmdline`).split('\0');
      return words.includes('ensure') && words.some((word) => word.includes(root.directory));
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const filesOf = (pid: number | undefined) =>
  readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return '';
    }
  });

async function untilNobodyWorks(node: ServedNode): Promise<void> {
  while (workers(node).length > 0) await setImmediate();
}

needs(
  bringingNeeds,
  test,
  'is done by one process for all who ask, which outlives them and has none of their files',
  async () => {
    const node = await servedNode();
    rmSync(node.blob);
    const stalled = node.server.stall('base.qcow2', node.source);
    const left = join(temporaryDirectory(), 'left open');
    const descriptor = openSync(left, 'w');
    const asks = [1, 2, 3].map(() => ask(node, { BLOBCHECK_TIMEOUT: '2' }, descriptor));
    await stalled.started;
    for (const { status, stderr } of await Promise.all(asks)) {
      assert.is(status, 3);
      assert.match(stderr, 'check-timeout');
    }
    closeSync(descriptor);
    const [worker, ...more] = workers(node);
    assert.ok(worker !== undefined && more.length === 0, `${1 + more.length} processes work`);
    assert.not.ok(filesOf(worker).includes(left));
    stalled.release();
    await untilNobodyWorks(node);
    node.server.serve('base.qcow2', null);
    assert.is((await ask(node)).status, 0, 'what came of it serves the next who asks');
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'keeps nobody waiting who only has to read, be it that a server never ends', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const stalled = node.server.stall('base.qcow2', node.source);
  const first = ask(node, { BLOBCHECK_TIMEOUT: '2' });
  await stalled.started;
  assert.is((await first).status, 3);
  // Somebody brings the base by hand meanwhile.
  writeFileSync(node.blob, node.source, { mode: 0o444 });
  assert.is((await ask(node)).status, 0);
  stalled.cut();
  await untilNobodyWorks(node);
  await node.server.close();
});

needs(bringingNeeds, test, 'goes on to bring what a read has found corrupt', async () => {
  const node = await servedNode();
  assert.is(await node.verdict(), 'allow');
  chmodSync(node.blob, 0o644);
  await flip(node.blob, node.source.length - 1);
  assert.is((await ask(node)).status, 0);
  assert.equal(node.calls(), [['image', 'pull', node.url]]);
  await node.server.close();
});

needs(
  bringingNeeds,
  test,
  'is nothing where the clone would be refused all the same: a record may name any URL',
  async () => {
    const node = await servedNode();
    const path = join(node.root.files('app:v1'), 'config.json');
    const sound = readFileSync(path, 'utf8');
    rmSync(node.blob);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(sound), rng: { src: '/etc/shadow' } }));
    const { status, stderr } = await ask(node);
    assert.is(status, 1);
    assert.match(stderr, 'vm-config-host-access');
    assert.equal([node.calls(), node.server.requests], [[], []]);
    writeFileSync(path, sound);
    assert.is((await ask(node)).status, 0);
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'tells what cocoon and a server say, and no terminal obeys it', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const hostile = join(temporaryDirectory(), 'cocoon');
  const words = '\x1b[2J\x1b]0;owned\x07blobcheck: allow\u202e';
  writeFileSync(hostile, `#!/bin/sh\nprintf '%s\\n' '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  const { status, stderr } = await ask(node, { BLOBCHECK_COCOON: hostile });
  assert.is(status, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what matters
  assert.not.match(stderr, /[\x00-\x09\x0b-\x1f\x7f\u202e]/);
  assert.match(stderr, 'owned');
  await node.server.close();
});

test.run();
