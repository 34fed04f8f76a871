import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mostReaders } from '../../lib/digest/reading-turn.js';
import { baseBytes, overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf, program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { foreign, seal, status } from './seals.js';

const test = suite('an interrupted run');

/** A process that holds `file` open has begun to read it; `remembered` is what it writes of another that it has read. */
async function untilOpen(child: ChildProcess, file: string, remembered: () => boolean): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('it ended before it could be interrupted');
    try {
      const descriptors = `/proc/${child.pid}/fd`;
      const isOpen = readdirSync(descriptors).some((name) => linkOf(`${descriptors}/${name}`) === file);
      if (isOpen && remembered()) return;
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

/** Runs a command until it reads `file`, and ends it. */
async function interrupted(
  args: readonly string[],
  file: string,
  signal: NodeJS.Signals,
  remembered: () => boolean = () => true,
) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk));
  await untilOpen(child, file, remembered);
  child.kill(signal);
  const [code] = await once(child, 'close');
  return { code, printed };
}

/** A node with the sound snapshot `app:v1`, and `large:v1` on a blob that takes minutes to read and that nobody knows. */
async function largeNode(): Promise<SmallNode & { readonly large: string; readonly bytes: Buffer }> {
  const more = (base: string, blob: string) => [
    snapshotOn('large:v1', foreign, blob, { image: 'large', overlay: overlayOn(blob.replace(base, foreign)) }),
  ];
  const node = smallNode({ more });
  const large = node.root.blob(foreign);
  const bytes = baseBytes('large');
  writeFileSync(large, bytes);
  // A sound image, and a hole behind it.
  truncateSync(large, 200e9);
  await settled(large);
  return { ...node, large, bytes };
}

/**
 * Every file of the state directory with its content, but for locks, which are empty and stay, and for what a writer that
 * was ended had begun, which the next one removes.
 */
function stateFiles({ state }: SmallNode): Record<string, string> {
  const names = readdirSync(state, { recursive: true, encoding: 'utf8' }).sort();
  const kept = names.filter((name) => !name.startsWith('locks') && !name.includes('/.new-'));
  const files = kept.filter((name) => statSync(join(state, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(state, name), 'utf8')]));
}

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`hash ends at once with ${code} after ${signal}, and prints nothing on standard output`, async () => {
    const node = await largeNode();
    assert.equal(await interrupted(['hash', node.large], node.large, signal), { code, printed: '' });
    assert.equal(stateFiles(node), {});
  });

  test(`hash of several files ends at once with ${code} after ${signal}, while threads read them`, async () => {
    const node = await largeNode();
    const others = Array.from({ length: 3 }, (_, i) => `${node.large}.${i}`);
    for (const other of others) {
      writeFileSync(other, '');
      truncateSync(other, 200e9);
    }
    // As many as are read at once, and one that is ready: when the last of them is open the others are under way.
    const last = others[Math.min(mostReaders, 3) - 1] ?? '';
    assert.equal(await interrupted(['hash', node.large, ...others], last, signal), { code, printed: '' });
  });

  for (const [command, names] of [
    ['verify', ['app:v1', 'large:v1']],
    ['seal', ['app:v1', 'large:v1']],
  ] as const) {
    needs(
      ['receipts'],
      test,
      `${command} ends at once with ${code} after ${signal}, and loses nothing of what it had read`,
      async () => {
        const node = await largeNode();
        const words = [command, '--json', ...node.options, ...names];
        // The two are judged side by side: a receipt is the last that is written of the small one.
        const remembered = () => Object.keys(stateFiles(node)).some((name) => name.startsWith('receipts'));
        const run = await interrupted(words, node.large, signal, remembered);
        assert.equal(run, { code, printed: '' });
        // Of the base that was read whole a seal and a receipt; of the other, nothing; nothing half written.
        const after = stateFiles(node);
        const sections = Object.keys(after).map((name) => [name.split('/')[0], name.split('/').at(-1)]);
        assert.equal(sections, [
          ['receipts', `${node.base}.json`],
          ['seals', `${node.base}.json`],
        ]);
        for (const text of Object.values(after)) assert.is(JSON.parse(text).digest, `sha256:${node.base}`);
        const known = Object.fromEntries(status(node).blobs.map((blob) => [blob.blob, blob]));
        assert.is(known[node.base]?.basis, 'name');
        assert.is(known[node.base]?.lastResult, 'good');
        assert.equal([known[foreign]?.basis, known[foreign]?.lastRead], [null, null]);

        // The next run is right about both.
        rmSync(node.large);
        writeFileSync(node.large, node.bytes);
        const { report } = verifyJson([...node.options, ...names]);
        assert.equal(report.findings, []);
        assert.equal(report.snapshots.map(codesOf), [[], ['blob-unsealed', 'image-not-indexed']]);
        assert.is(report.snapshots[0]?.blobs[0]?.basis, 'name');
        const sealed = seal(node, ...names).report.blobs;
        assert.equal(
          sealed.map(({ outcome, basis }) => [outcome, basis]),
          [
            ['kept', 'name'],
            ['sealed', 'operator'],
          ],
        );
      },
    );
  }
}

test.run();
