import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectFile } from '../../lib/qcow2/inspect.js';
import { amount, tally } from '../long/amount.js';
import { blobcheck } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { anatomyOf } from './anatomy.js';
import { compareImage } from './compare-image.js';
import { contents } from './contents.js';
import { explain, textOf } from './explain.js';
import { type Blobs, everyKind, type ImageKind, makeBlobs, makeImage, someKinds } from './images.js';
import { judgeFile } from './judge.js';
import { layouts } from './layouts.js';

const test = suite('images of every kind that QEMU makes');
const tools = ['qemu-img', 'qemu-io', 'sha256sum'];

/** What a kind of image is denied for although QEMU finds nothing wrong with it, by what was asked of QEMU. */
function wanted({ layout, content, onBase }: ImageKind): string[] {
  const rebuilt = layout.lazy || /refcount_bits=(32|64)/.test(layout.options);
  const reasons: readonly (readonly [string, boolean])[] = [
    ['encrypted', layout.encrypted],
    ['extended-l2', layout.extendedL2],
    ['external-data-file', layout.dataFile],
    ['internal-snapshots', onBase && content.name === 'internal snapshots'],
    ['bitmaps', onBase && content.name === 'bitmaps'],
    ['compressed-and-rebuilt', onBase && rebuilt && content.name === 'compressed' && !layout.extendedL2],
  ];
  return reasons.filter(([, holds]) => holds).map(([id]) => id);
}

/** These come of the size of the disk and the file, which Cloud Hypervisor computes with. */
const geometry = new Set(['refcount-table-too-large', 'refcount-table-cut', 'large-file', 'many-refcounts']);

const counts = { images: 0, allowed: 0, denied: 0, 'wrong allows': 0, 'wrong denies': 0 };

async function judgeKind(path: string, kind: ImageKind, { base, directory }: Blobs): Promise<void> {
  const says = await compareImage(path, kind, base);
  const judged = await judgeFile(path, kind.onBase ? 'overlay' : 'blob', directory);
  counts.images += 1;
  counts[judged.isAllowed ? 'allowed' : 'denied'] += 1;
  if (says === null) {
    assert.equal(
      judged.errors.map(({ code }) => code),
      ['overlay-encrypted'],
      kind.name,
    );
    return;
  }
  const { differences, unexplained } = explain(judged, says, () => anatomyOf(readFileSync(path)));
  counts[judged.isAllowed ? 'wrong allows' : 'wrong denies'] += unexplained.length;
  assert.equal(unexplained, [], kind.name);
  // One that was left open may have, beside its stale refcounts, the bits that follow from them.
  const follows = kind.content.name === 'left open' ? ['stale-refcounts', 'copied-flag'] : ['stale-refcounts'];
  const deliberate = differences.filter((id) => !geometry.has(id) && !follows.includes(id)).sort();
  assert.equal(deliberate, wanted(kind).sort(), `${kind.name}: ${judged.errors.map(textOf).join(', ')}`);
}

const directory = temporaryDirectory();
const kinds = amount(someKinds, everyKind)(directory);

test('each layout is among them (in npm test every third), and each content', () => {
  const tried = new Set(kinds.map(({ layout }) => layout.options)).size;
  assert.ok(tried >= (layouts.length + 4) / amount(3, 1), `${tried} layouts`);
  assert.is(new Set(kinds.map(({ content }) => content)).size, contents.length);
});

needs(
  tools,
  test,
  'qemu-img says the same of each: its fields, its chain, its tables, and whether they are sound',
  async () => {
    const blobs = makeBlobs(directory);
    for (const kind of kinds) {
      const path = join(directory, 'image.qcow2');
      makeImage(path, kind, blobs);
      await judgeKind(path, kind, blobs);
      rmSync(path);
    }
    assert.is(counts.images, kinds.length);
    assert.ok(counts.allowed > kinds.length / 2, `only ${counts.allowed} of ${kinds.length} are allowed`);
    tally('qcow2: images of every kind that QEMU makes', counts);
  },
);

needs(tools, test, 'what the command prints of an image is what was compared', async () => {
  const place = temporaryDirectory();
  const blobs = makeBlobs(place);
  for (const kind of someKinds(place).filter((_, index) => index % 12 === 0)) {
    const path = join(place, 'printed.qcow2');
    makeImage(path, kind, blobs);
    const { status, stdout } = blobcheck(['inspect', '--json', path]);
    assert.is(status, 0);
    const { schema, error, ...printed } = JSON.parse(stdout);
    assert.equal([schema, error], ['blobcheck/inspect/v1', null]);
    assert.equal(printed, JSON.parse(JSON.stringify(await inspectFile(path))), kind.name);
    rmSync(path);
  }
});

test.run();
