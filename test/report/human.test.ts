import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeText } from '../../lib/finding/escape.js';
import { type Finding, finding } from '../../lib/finding/finding.js';
import type { BlobReport, EntryReport, VerifyReport } from '../../lib/report/documents.js';
import { bytesText, findingLines, type Paint, plain, secondsText, verifyText } from '../../lib/report/human.js';

const test = suite('human');

/** Shows what would be painted, and how. */
const marked: Paint = (style, text) => `<${style}>${text}</${style}>`;

function blob(changes: Partial<BlobReport> = {}): BlobReport {
  return {
    path: '/blobs/a.qcow2',
    bytes: 3_221_225_472,
    expected: null,
    actual: null,
    basis: 'name',
    how: 'hashed',
    readFrom: 'disk',
    seconds: 1.9,
    ...changes,
  };
}

function entry(changes: Partial<EntryReport> = {}): EntryReport {
  return { ref: 'win11:v1', id: null, name: null, verdict: 'allow', findings: [], disks: [], blobs: [], ...changes };
}

/** A finding without the words that the catalogue gives each. */
function bare(found: Finding): Finding {
  return { ...found, remedy: null };
}

function report(changes: Partial<VerifyReport> = {}): VerifyReport {
  return {
    schema: 'blobcheck/verify/v1',
    verdict: 'allow',
    root: '/var/lib/cocoon',
    engine: 'json',
    seconds: 2,
    summary: { allow: 0, deny: 0, unverified: 0, skipped: 0 },
    findings: [],
    snapshots: [],
    images: [],
    overlays: [],
    ...changes,
  };
}

function lines(changes: Partial<VerifyReport>, paint: Paint = plain): string[] {
  return verifyText(report(changes), paint).split('\n');
}

test('an allowed snapshot is one line and the summary, each ended', () => {
  const summary = { allow: 1, deny: 0, unverified: 0, skipped: 0 };
  assert.is(
    verifyText(report({ snapshots: [entry()], summary }), plain),
    'allow       win11:v1\n1 snapshot: 1 allowed, 0 denied, 0 unverified, 2s\n',
  );
});

test('the three verdicts are told apart by their words, in columns of one width', () => {
  const snapshots = (['allow', 'deny', 'unverified'] as const).map((verdict) => entry({ verdict, ref: 'x' }));
  assert.equal(lines({ snapshots }).slice(0, 3), ['allow       x', 'DENY        x', 'UNVERIFIED  x']);
});

test('verdicts have colours where there is a terminal', () => {
  const snapshots = (['allow', 'deny', 'unverified'] as const).map((verdict) => entry({ verdict, ref: 'x' }));
  assert.equal(lines({ snapshots }, marked).slice(0, 3), [
    '<green>allow     </green>  <bold>x</bold>',
    '<red>DENY      </red>  <bold>x</bold>',
    '<yellow>UNVERIFIED</yellow>  <bold>x</bold>',
  ]);
});

test('what was read is told with its size, time and basis; a receipt with its size and basis', () => {
  const told = (changes: Partial<BlobReport>) => lines({ snapshots: [entry({ blobs: [blob(changes)] })] })[0];
  assert.is(told({}), 'allow       win11:v1  3.22 GB read from disk in 1.9s, basis name');
  assert.is(told({ how: 'receipt' }), 'allow       win11:v1  3.22 GB, unchanged since it was last read, basis name');
  assert.is(told({ seconds: null, basis: null, bytes: 512 }), 'allow       win11:v1  512 B read from disk');
  assert.is(told({ how: null }), 'allow       win11:v1');
});

test('of the many files of an image it is told how many there are, and how much was read now', () => {
  const file = (name: string, changes: Partial<BlobReport> = {}) =>
    blob({ path: `/oci/${name}`, bytes: 1000, basis: 'operator', readFrom: 'cache', ...changes });
  const entries = [
    [file('a'), file('b', { bytes: 500 })],
    [file('a'), file('b', { bytes: 500 })],
    [file('a'), file('c', { readFrom: 'disk' }), file('d', { basis: 'pull' })],
    [file('e', { how: 'receipt' }), file('f', { how: 'receipt' })],
  ].map((blobs) => entry({ blobs }));
  assert.equal(lines({ snapshots: entries }).slice(0, 4), [
    'allow       win11:v1  2 files, 1.5 kB, read through the page cache, basis operator',
    'allow       win11:v1  2 files, 1.5 kB, read above, basis operator',
    'allow       win11:v1  3 files, 3 kB, 2 kB of them read',
    'allow       win11:v1  2 files, 2 kB, unchanged since they were last read, basis operator',
  ]);
});

test('a base that several stand on was read once, and the others say so', () => {
  const other = blob({ path: '/blobs/b.qcow2', bytes: 512, seconds: null });
  const entries = [blob(), blob(), other].map((one) => entry({ blobs: [one] }));
  assert.equal(lines({ snapshots: entries.slice(0, 2), overlays: entries.slice(1) }).slice(0, 4), [
    'allow       win11:v1  3.22 GB read from disk in 1.9s, basis name',
    'allow       win11:v1  on a base that was read above',
    'allow       win11:v1  on a base that was read above',
    'allow       win11:v1  512 B read from disk, basis name',
  ]);
});

test('a base that no entry read is not said to have been read above', () => {
  const blobs = [blob({ how: 'receipt' })];
  assert.is(
    lines({ snapshots: [entry({ blobs }), entry({ blobs: [blob()] })] })[1],
    'allow       win11:v1  3.22 GB read from disk in 1.9s, basis name',
  );
});

test('a blob whose size is not known is no reason to fail', () => {
  assert.match(lines({ snapshots: [entry({ blobs: [blob({ bytes: null })] })] })[0] ?? '', '0 B read');
});

test('a finding tells what was expected, by whom, what is there and what to do, below its entry', () => {
  const found = finding('blob-corrupt', 'the content is not what it was', {
    subject: '/blobs/a.qcow2',
    expected: 'sha256:aa',
    expectedFrom: 'seal',
    actual: 'sha256:bb',
    remedy: 'mv a b',
  });
  assert.equal(lines({ snapshots: [entry({ verdict: 'deny', findings: [found] })] }).slice(1, 6), [
    '            blob-corrupt: the content is not what it was',
    '              at        /blobs/a.qcow2',
    '              expected  sha256:aa  (seal)',
    '              actual    sha256:bb',
    '              remedy    mv a b',
  ]);
});

test('what a finding does not know takes no line', () => {
  assert.equal(findingLines(bare(finding('blob-empty', 'no bytes')), '', plain), ['blob-empty: no bytes']);
  assert.equal(
    findingLines(bare(finding('blob-empty', 'no bytes', { expected: 'x', expectedFrom: null })), '', plain),
    ['blob-empty: no bytes', '  expected  x'],
  );
});

test('the colour of a finding is that of its severity', () => {
  for (const [code, style] of [
    ['blob-corrupt', 'red'],
    ['blob-unreadable', 'yellow'],
    ['blob-unpinned', 'yellow'],
    ['tag-moved', 'dim'],
  ] as const) {
    assert.equal(findingLines(bare(finding(code, 'x')), '', marked), [`<${style}>${code}</${style}>: x`]);
  }
});

test('findings of the run stand before the entries', () => {
  const all = lines({ findings: [bare(finding('state-unusable', 'not ours'))], snapshots: [entry()] });
  assert.is(all[0], 'state-unusable: not ours');
  assert.is(all[1], 'allow       win11:v1');
});

test('snapshots, images and overlays stand in this order, and each is counted', () => {
  const all = lines({
    snapshots: [entry({ ref: 's1' }), entry({ ref: 's2' })],
    images: [entry({ ref: 'i' })],
    overlays: [entry({ ref: 'o' })],
  });
  assert.equal(
    all.slice(0, 4).map((line) => line.slice(12)),
    ['s1', 's2', 'i', 'o'],
  );
  assert.match(all[4] ?? '', /^2 snapshots, 1 image, 1 overlay: /);
});

test('nothing to judge is said in so many words', () => {
  assert.equal(lines({}), ['0 snapshots: 0 allowed, 0 denied, 0 unverified, 2s', '']);
});

test('where nothing could be judged, nothing is counted', () => {
  assert.equal(lines({ verdict: 'unverified' }), ['nothing was judged, 2s', '']);
});

test('no snapshots are not counted where something else was asked about', () => {
  assert.match(lines({ images: [entry(), entry()] })[2] ?? '', /^2 images: /);
});

test('skipped snapshots are counted apart, and only where there are any', () => {
  const summary = { allow: 1, deny: 2, unverified: 3, skipped: 4 };
  assert.match(lines({ summary })[0] ?? '', '1 allowed, 2 denied, 3 unverified, 4 skipped (pending, or being deleted)');
});

test('whatever comes from the disk is escaped, in every place where it is printed', () => {
  const evil = 'a\x1b[2J\nb\u202e';
  const found = finding('blob-corrupt', evil, {
    subject: evil,
    expected: evil,
    expectedFrom: evil,
    actual: evil,
    remedy: evil,
  });
  const text = verifyText(report({ findings: [found], snapshots: [entry({ ref: evil, findings: [found] })] }), plain);
  for (const line of text.split('\n')) assert.is(line, escapeText(line));
  assert.is(text.split('\n').length, 13);
});

test('sizes are in units of a thousand', () => {
  assert.equal([0, 999, 1000, 10_737_418_240].map(bytesText), ['0 B', '999 B', '1 kB', '10.7 GB']);
});

test('times are short where they are short and long where they are long', () => {
  assert.equal([0.05, 1.93, 75, 3700].map(secondsText), ['50ms', '1.9s', '1m 15s', '1h 1m 40s']);
  assert.is(secondsText(0), '0ms');
});

test.run();
