import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { program, verifyJson } from '../support/blobcheck.js';

const test = suite('an interrupted run');

/** A process that holds `file` open has begun to read it. */
async function untilOpen(child: ChildProcess, file: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('it ended before it could be interrupted');
    try {
      const descriptors = `/proc/${child.pid}/fd`;
      if (readdirSync(descriptors).some((name) => linkOf(`${descriptors}/${name}`) === file)) return;
    } catch {
      // Not started yet.
    }
    await setImmediate();
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`ends at once with ${code} after ${signal}, prints nothing on standard output, and loses nothing`, async () => {
    const node = smallNode();
    assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
    const before = readdirSync(node.state, { recursive: true }).sort();
    // A hole of 200 GB takes minutes to hash.
    const large = join(node.root.directory, 'large');
    writeFileSync(large, '');
    truncateSync(large, 200e9);
    const child = spawn(process.execPath, [program, 'hash', large], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk));
    await untilOpen(child, large);
    child.kill(signal);
    const [status] = await once(child, 'close');
    assert.is(status, code);
    assert.is(printed, '');
    rmSync(large);
    assert.equal(readdirSync(node.state, { recursive: true }).sort(), before);
    assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
  });
}

test.run();
