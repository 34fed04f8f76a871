import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { byteEdits, editedBytes } from '../fuzz/inputs/byte-edits.js';
import { editedText, jsonEdits } from '../fuzz/inputs/json-edits.js';
import { countSpellings, otherSpelling } from '../fuzz/inputs/other-spelling.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { documents, keysOf, rewritten } from './documents.js';
import { buildGoReader, type GoShape, type GoValue } from './go-reader.js';
import { GoRefuses, goSnapshotIndex } from './go-reading.js';
import { compared } from './our-reading.js';

const test = suite('what Go reads, and what we read');

/** The ids and references of the healthy documents. */
const ids = ['ABCD', 'EFGH', 'u1', 'r1', 'VM1'];

const shapes = Object.keys(documents) as GoShape[];

/** Each key that cocoon reads: in another spelling, and twice in both orders with another value that Go takes. */
function hostile(shape: GoShape): readonly { readonly text: string; readonly what: string }[] {
  const document = documents[shape];
  return keysOf(document).flatMap((path) => {
    const key = String(path.at(-1));
    const every = Array.from({ length: countSpellings(key) }, (_, number) => otherSpelling(key, number));
    const others = every
      .filter((other, at) => amount(at === 0 || /[^ -~]/.test(other), true))
      .map((other) => JSON.stringify(other));
    return ['alone', 'first', 'last'].flatMap((order) =>
      [...others, ...(order === 'last' ? [JSON.stringify(key)] : [])].map((other) => {
        const text = rewritten(document, path, (name, value) => {
          if (order === 'alone') return `${other}:${value}`;
          const changed = otherValue(value);
          return order === 'first' ? `${other}:${changed},${name}:${value}` : `${name}:${value},${other}:${changed}`;
        });
        return { text, what: `${path.join('.')} as ${other}, ${order}` };
      }),
    );
  });
}

/** Another value that Go takes for the same field. */
function otherValue(json: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'string') return /^\d{4}-/.test(value) ? '"2001-01-01T00:00:00Z"' : '"/etc/shadow"';
  if (typeof value === 'number') return String(value + 1);
  if (typeof value === 'boolean') return String(!value);
  return Array.isArray(value) ? '[]' : '{}';
}

test('a key in a second spelling, or twice, is denied, in every document and at every place', async () => {
  let tried = 0;
  for (const shape of shapes) {
    for (const { text, what } of hostile(shape)) {
      tried += 1;
      assert.is((await compared(shape, Buffer.from(text), null, ids)).kind, 'refused', `${shape}: ${what}`);
    }
  }
  assert.ok(tried > 500, String(tried));
  tally('second spellings and repeated keys', { tried, allowed: 0 });
});

test('near misses of these are read', async () => {
  for (const shape of shapes) {
    const document = documents[shape];
    for (const path of keysOf(document)) {
      const text = rewritten(
        document,
        path,
        (name, value) => `${name}:${value},${name.slice(0, -1)}\u0131":"/etc/shadow"`,
      );
      assert.is((await compared(shape, Buffer.from(text), null, ids)).kind, 'same', `${shape}: ${text}`);
    }
  }
});

needs(['go'], test, 'Go takes every second spelling for the key: this is what they are denied for', () => {
  const read = buildGoReader();
  for (const shape of shapes) {
    const [healthy] = read(shape, [Buffer.from(JSON.stringify(documents[shape]))]);
    const cases = hostile(shape).filter(({ what }) => what.endsWith('alone'));
    const values = read(
      shape,
      cases.map(({ text }) => Buffer.from(text)),
    );
    for (const [at, { what }] of cases.entries()) assert.equal(values[at], healthy, `${shape}: ${what}`);
  }
});

needs(['go'], test, 'whenever Go and we would take different values, we refuse', async () => {
  const read = buildGoReader();
  const inputs = fc.record({
    edits: jsonEdits,
    damage: fc.oneof({ arbitrary: fc.constant([]), weight: 3 }, byteEdits),
  });
  const numRuns = amount(150, 20_000);
  for (const shape of shapes) {
    const made = fc
      .sample(inputs, { numRuns, seed: 20_261_127 })
      .map(({ edits, damage }) => editedBytes(Buffer.from(editedText(documents[shape], edits)), damage));
    const whole = Buffer.from(JSON.stringify(documents[shape]));
    const all = [whole, ...hostile(shape).map(({ text }) => Buffer.from(text)), ...made];
    const counts = { documents: all.length, same: 0, refused: 0, 'only Go refuses': 0, different: 0 };
    for (const [at, value] of read(shape, all).entries()) {
      const document = all[at] ?? whole;
      if (shape === 'snapshots.json') assertSecondReading(document, value);
      const outcome = await compared(shape, document, value);
      if (at === 0) assert.is(outcome.kind, 'same', `${shape} as it should be`);
      assert.is.not(
        outcome.kind,
        'different',
        `${shape}: ${outcome.kind === 'different' ? outcome.where : ''}: ${document}`,
      );
      if (value === null && outcome.kind === 'same') counts['only Go refuses'] += 1;
      else counts[outcome.kind] += 1;
    }
    assert.ok(counts.same > 10 && counts.refused > 10, JSON.stringify(counts));
    tally(`Go's reading of ${shape}`, counts);
  }
});

/** The reading of Go's rules that the property tests use must be Go's own. */
function assertSecondReading(document: Buffer, value: GoValue): void {
  if (value === null) return;
  const { snapshots, names } = value as Record<string, Record<string, Record<string, unknown> | null>>;
  let index: ReturnType<typeof goSnapshotIndex>;
  try {
    index = goSnapshotIndex(document);
  } catch (error) {
    if (!(error instanceof GoRefuses)) throw error;
    throw new Error(`Go reads what go-reading.ts does not (${error.message}): ${document}`);
  }
  assertSameRows([...index.names], Object.entries(names ?? {}));
  const fields = [...index.snapshots].map(([id, record]): [string, unknown] => {
    if (record === null) return [id, null];
    const { name, pending, dataDir, imageDigest, imageType, hypervisor, memory } = record;
    return [id, [name, pending, dataDir, imageDigest, imageType, hypervisor, Number(memory)]];
  });
  const theirs = Object.entries(snapshots ?? {}).map(([id, record]): [string, unknown] => {
    if (record === null) return [id, null];
    const { name, pending, data_dir, image_digest, image_type, hypervisor, memory } = record;
    return [id, [name, pending, data_dir, image_digest, image_type, hypervisor, memory]];
  });
  assertSameRows(fields, theirs);
}

/** As lists: what compares objects takes a key `constructor` for their kind. */
function assertSameRows(ours: [string, unknown][], theirs: [string, unknown][]): void {
  const byId = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
  assert.equal(ours.sort(byId), theirs.sort(byId));
}

test.run();
