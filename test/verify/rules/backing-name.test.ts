import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeBacking, readBackingName } from '../../../lib/verify/rules/backing.js';

const test = suite('the bytes of a backing name');

const good = `/var/lib/cocoon/cloudimg/blobs/${'a'.repeat(64)}.qcow2`;

for (const name of ['json:{"driver":"raw"}', 'nbd:host:10809', 'file:/etc/shadow', 'fd:3', 'a:b', ':', `x:${good}`]) {
  test(`${name} is no path, even if everything that leads somewhere leads to the blobs`, () => {
    const [found, ...others] = judgeBacking({
      overlay: '/snap/overlay.qcow2',
      name: readBackingName(Buffer.from(name)),
      spellings: [name.slice(0, name.lastIndexOf('/')), ''],
      relativeLeadsThere: true,
      staysInPlace: true,
    });
    assert.is(found?.code, 'backing-not-a-path');
    assert.match(found?.message ?? '', 'protocol');
    assert.is(found?.actual, name);
    assert.equal(others, []);
  });
}

test('a colon after a slash is part of a path', () => {
  assert.equal(readBackingName(Buffer.from('/a:b/c')), { kind: 'path', path: '/a:b/c', absolute: true });
  assert.equal(readBackingName(Buffer.from('./a:b')), { kind: 'path', path: './a:b', absolute: false });
});

test('a NUL byte anywhere makes it no path, because QEMU would read another name', () => {
  for (const bytes of [`${good}\0`, `/etc/shadow\0${good}`, '\0']) {
    assert.equal(readBackingName(Buffer.from(bytes)), {
      kind: 'not-a-path',
      shown: bytes.slice(0, 200),
      why: 'it holds a NUL byte',
    });
  }
});

test('bytes that are not UTF-8 are no path', () => {
  for (const bytes of [
    [0x2f, 0xff],
    [0x2f, 0xc3],
    [0x2f, 0xed, 0xa0, 0x80],
    [0x2f, 0xc0, 0xaf],
  ]) {
    const name = readBackingName(Buffer.from(bytes));
    assert.is(name.kind === 'not-a-path' && name.why, 'it is not UTF-8');
  }
});

test('a path in UTF-8 is read as it is, a byte order mark included', () => {
  assert.equal(readBackingName(Buffer.from('/ü/日本')), { kind: 'path', path: '/ü/日本', absolute: true });
  assert.equal(readBackingName(Buffer.from('\ufeff/x')), { kind: 'path', path: '\ufeff/x', absolute: false });
});

test('an empty name, and no name at all, are two things', () => {
  assert.equal(readBackingName(Buffer.alloc(0)), { kind: 'path', path: '', absolute: false });
  assert.equal(readBackingName(null), { kind: 'none' });
});

test('what is shown of a name that is no path is cut', () => {
  const name = readBackingName(Buffer.from(`nbd:${'x'.repeat(500)}`));
  assert.is(name.kind === 'not-a-path' && name.shown.length, 200);
});

test.run();
