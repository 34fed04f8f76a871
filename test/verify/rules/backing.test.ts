import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackingFacts, backingDigest, judgeBacking, readBackingName } from '../../../lib/verify/rules/backing.js';

const test = suite('backing');

const hex = `${'0123456789abcdef'.repeat(4)}`;
const blobs = '/var/lib/cocoon/cloudimg/blobs';
const good = `${blobs}/${hex}.qcow2`;

/** Facts for a name whose directory, links resolved, is what it spells unless said otherwise. */
function facts(name: string | null, changes: Partial<BackingFacts> = {}): BackingFacts {
  const directory = name === null ? null : name.slice(0, Math.max(0, name.lastIndexOf('/')));
  return {
    overlay: '/snap/overlay.qcow2',
    name: readBackingName(name === null ? null : Buffer.from(name)),
    directory,
    blobs,
    staysInPlace: false,
    ...changes,
  };
}

function codes(name: string | null, changes: Partial<BackingFacts> = {}): string[] {
  return judgeBacking(facts(name, changes)).map(({ code }) => code);
}

test('a blob of the store by its absolute path is accepted, and gives its digest', () => {
  assert.equal(codes(good), []);
  assert.is(backingDigest(facts(good)), hex);
});

test('another spelling whose directory resolves to the blobs is accepted', () => {
  const name = `/data/cocoon/cloudimg/blobs/${hex}.qcow2`;
  assert.equal(codes(name, { directory: blobs }), []);
  assert.is(backingDigest(facts(name, { directory: blobs })), hex);
});

test('an overlay without a base is denied', () => {
  assert.equal(codes(null), ['backing-none']);
  assert.is(backingDigest(facts(null)), null);
});

for (const name of ['json:{"driver":"raw"}', 'nbd:host:10809', 'file:/etc/shadow', 'fd:3', 'a:b', ':', `x:${good}`]) {
  test(`${name} is no path`, () => {
    const [found, ...others] = judgeBacking(facts(name));
    assert.is(found?.code, 'backing-not-a-path');
    assert.match(found?.message ?? '', 'protocol');
    assert.is(found?.actual, name);
    assert.equal(others, []);
    assert.is(backingDigest(facts(name)), null);
  });
}

test('a colon after a slash is part of a path', () => {
  assert.equal(readBackingName(Buffer.from('/a:b/c')), { kind: 'path', path: '/a:b/c', absolute: true });
  assert.equal(readBackingName(Buffer.from('./a:b')), { kind: 'path', path: './a:b', absolute: false });
});

test('a NUL byte anywhere makes it no path, because QEMU would read another name', () => {
  for (const bytes of [`${good}\0`, `/etc/shadow\0${good}`, '\0']) {
    const name = readBackingName(Buffer.from(bytes));
    assert.is(name.kind, 'not-a-path');
    assert.equal(name, { kind: 'not-a-path', shown: bytes.slice(0, 200), why: 'it holds a NUL byte' });
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
  assert.equal(codes(''), ['backing-relative']);
});

test('what is shown of a name that is no path is cut', () => {
  const name = readBackingName(Buffer.from(`nbd:${'x'.repeat(500)}`));
  assert.is(name.kind === 'not-a-path' && name.shown.length, 200);
});

test('a relative name is denied even if it leads to the blobs from where it is judged', () => {
  for (const name of [`${hex}.qcow2`, `../../cloudimg/blobs/${hex}.qcow2`]) {
    assert.equal(codes(name, { directory: blobs }), ['backing-relative']);
  }
});

test('a relative name is accepted where the overlay stays in its place', () => {
  const changes = { directory: blobs, staysInPlace: true };
  assert.equal(codes(`${hex}.qcow2`, changes), []);
  assert.is(backingDigest(facts(`${hex}.qcow2`, changes)), hex);
  assert.equal(codes(`x/${hex}.qcow2`, { directory: '/snap/x', staysInPlace: true }), ['backing-outside-store']);
});

const outside = [
  '/etc/shadow',
  '/dev/sda',
  `/var/lib/cocoon/cloudimg/${hex}.qcow2`,
  `${blobs}/sub/${hex}.qcow2`,
  `/${hex}.qcow2`,
  `${blobs}X/${hex}.qcow2`,
];
for (const name of outside) {
  test(`${name} lies outside the store`, () => {
    const [found, ...others] = judgeBacking(facts(name));
    assert.is(found?.code, 'backing-outside-store');
    assert.is(found?.actual, name);
    assert.equal(others, []);
  });
}

test('a name that spells the blobs but resolves elsewhere, or nowhere, lies outside', () => {
  assert.equal(codes(good, { directory: '/home/mallory' }), ['backing-outside-store']);
  assert.equal(codes(good, { directory: null }), ['backing-outside-store']);
});

test('a store without blobs holds no base, even where the name resolves nowhere too', () => {
  assert.equal(codes(good, { blobs: null, directory: null }), ['backing-outside-store']);
  assert.match(judgeBacking(facts(good, { blobs: null }))[0]?.expected ?? '', 'its blobs');
});

const notDigests = [
  `${hex}`,
  `${hex}.qcow2.aside`,
  `${hex}.QCOW2`,
  `${hex.toUpperCase()}.qcow2`,
  `${hex.slice(1)}.qcow2`,
  `0${hex}.qcow2`,
  `${hex}.qcow2\n`,
  `.${hex}.qcow2`,
  'notahash.qcow2',
  '..',
  '',
];
for (const last of notDigests) {
  test(`${JSON.stringify(last)} in the blobs is no digest`, () => {
    const [found, ...others] = judgeBacking(facts(`${blobs}/${last}`));
    assert.is(found?.code, 'backing-name-not-a-digest');
    assert.equal(others, []);
    assert.is(backingDigest(facts(`${blobs}/${last}`)), null);
  });
}

test('every finding is an error about the overlay, with words and no command', () => {
  for (const name of [null, 'nbd:x', 'x', '/etc/shadow', `${blobs}/x`]) {
    const [found] = judgeBacking(facts(name));
    assert.is(found?.severity, 'error');
    assert.is(found?.subject, '/snap/overlay.qcow2');
    assert.is(found?.expectedFrom, 'cocoon');
    assert.is(found?.remedyArgv, null);
    assert.ok(found?.remedy);
  }
});

test.run();
