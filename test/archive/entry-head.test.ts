import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { entryHead } from '../../lib/archive/entry-head.js';
import { whyNotFlat } from '../../lib/archive/entry-name.js';
import type { PaxKey } from '../../lib/archive/pax-records.js';
import { entriesOf, refusalOf } from './every-way.js';

const test = suite("an entry's head");

const most = 2 ** 46;
const head = (header: { readonly name?: string; readonly size?: number }, records: Partial<Record<PaxKey, string>>) =>
  entryHead(
    { kind: 'file', name: 'cow.raw', mode: 0o644, size: 0, ...header },
    new Map(Object.entries(records)) as ReadonlyMap<PaxKey, string>,
    most,
  );

test('a name is that of a file directly in the directory', async () => {
  for (const [name, reason] of [
    ['', 'an entry has no name'],
    ['/etc/shadow', 'the name holds a slash'],
    ['../cocoon.json', 'the name holds a slash'],
    ['./cocoon.json', 'the name holds a slash'],
    ['cocoon.json/', 'the name holds a slash'],
    ['.', 'the name is that of a directory'],
    ['..', 'the name is that of a directory'],
    ['a\nb', 'the name holds control characters'],
    ['a\x7f', 'the name holds control characters'],
    ['\x1b[2J', 'the name holds control characters'],
  ] as const) {
    assert.is(await refusalOf({ name, content: 'x' }), reason);
  }
  assert.is(whyNotFlat('a\u0085'), 'the name holds control characters');
  assert.is(whyNotFlat('n'.repeat(256)), 'the name has more than 255 bytes');
  assert.is(whyNotFlat('ä'.repeat(128)), 'the name has more than 255 bytes');
  for (const name of ['n'.repeat(255), '...', '.x', '-x', 'a b', 'a\\b', 'ä', '__proto__'])
    assert.is(whyNotFlat(name), null);
});

test('a name that does not fit the header stands in a record, and the header has its ASCII', async () => {
  const long = `data-${'n'.repeat(240)}.raw`;
  for (const name of [long, 'data-größe.raw', `${'ä'.repeat(60)}${'b'.repeat(120)}`]) {
    const entries = await entriesOf([{ name, content: 'x', records: [['path', name]] }]);
    assert.is(entries[1]?.name, name);
  }
  assert.is(await refusalOf({ name: 'cow.raw', content: 'x', records: [['path', 'cow.raw']] }), null);
  assert.throws(() => head({}, { path: 'other' }), /an entry has two names/);
  assert.throws(() => head({}, { path: '../cow.raw' }), /the name holds a slash/);
  assert.throws(() => head({ name: 'n'.repeat(99) }, { path: long }), /an entry has two names/);
});

test('a size that does not fit the header stands in a record', () => {
  assert.is(head({}, { size: '8589934592' }).size, 8_589_934_592);
  assert.throws(() => head({}, { size: '8589934591' }), /an entry has two sizes/);
  assert.throws(() => head({ size: 1 }, { size: '8589934592' }), /an entry has two sizes/);
});

test('no size is past the limit, however many digits it has', () => {
  const sparse = (size: string) => head({}, { 'COCOON.sparse.map': 'null', 'COCOON.sparse.size': size });
  assert.is(sparse(String(most)).size, most);
  for (const size of [String(most + 1), '9223372036854775807', '9223372036854775808', '1'.repeat(400)]) {
    const reason = `it claims ${size.slice(0, 40)} bytes; an archive may unpack to 70368744177664 at most`;
    assert.throws(
      () => sparse(size),
      (error: Error) => error.message === reason,
    );
    assert.throws(
      () => head({}, { size }),
      (error: Error) => error.message === reason,
    );
  }
});

test('a file with holes has the size of its record', () => {
  const records = { 'COCOON.sparse.map': '[{"o":8,"l":2}]', 'COCOON.sparse.size': '11' };
  assert.equal(head({ size: 2 }, records), {
    name: 'cow.raw',
    mode: 0o644,
    size: 11,
    stored: 2,
    segments: Float64Array.of(8, 2),
  });
});

test.run();
