import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackingFacts, digestInName, judgeBacking, readBackingName } from '../../../lib/verify/rules/backing.js';

const test = suite('backing');

const hex = `${'0123456789abcdef'.repeat(4)}`;
const blobs = '/var/lib/cocoon/cloudimg/blobs';
const good = `${blobs}/${hex}.qcow2`;

function facts(name: string | null, changes: Partial<BackingFacts> = {}): BackingFacts {
  return {
    overlay: '/snap/overlay.qcow2',
    name: readBackingName(name === null ? null : Buffer.from(name)),
    spellings: [blobs],
    relativeLeadsThere: false,
    staysInPlace: false,
    ...changes,
  };
}

function codes(name: string | null, changes: Partial<BackingFacts> = {}): string[] {
  return judgeBacking(facts(name, changes)).map(({ code }) => code);
}

test('a blob of the store by its absolute path is accepted, and gives its digest', () => {
  assert.equal(codes(good), []);
  assert.is(digestInName(facts(good).name), hex);
});

test('each known spelling of the blobs is accepted, and no other', () => {
  const name = `/data/cocoon/cloudimg/blobs/${hex}.qcow2`;
  const spellings = [blobs, '/data/cocoon/cloudimg/blobs'];
  assert.equal(codes(name, { spellings }), []);
  assert.is(digestInName(facts(name).name), hex);
  assert.equal(codes(name), ['backing-outside-store']);
});

test('an overlay without a base is denied', () => {
  assert.equal(codes(null), ['backing-none']);
  assert.is(digestInName(facts(null).name), null);
});

test('a relative name is denied even if it leads to the blobs from where it is judged', () => {
  for (const name of [`${hex}.qcow2`, `../../cloudimg/blobs/${hex}.qcow2`, `.${good}`, '']) {
    assert.equal(codes(name, { relativeLeadsThere: true }), ['backing-relative'], name);
  }
});

test('a relative name that leads to the blobs is accepted where the overlay stays in its place', () => {
  const changes = { relativeLeadsThere: true, staysInPlace: true };
  assert.equal(codes(`${hex}.qcow2`, changes), []);
  assert.is(digestInName(facts(`${hex}.qcow2`).name), hex);
  assert.equal(codes('base.qcow2', changes), ['backing-name-not-a-digest']);
});

test('a relative name that leads elsewhere is outside the store although the overlay stays in its place', () => {
  assert.equal(codes(`x/${hex}.qcow2`, { staysInPlace: true }), ['backing-outside-store']);
});

test('where a relative name leads says nothing of an absolute one', () => {
  assert.equal(codes(`/etc/${hex}.qcow2`, { relativeLeadsThere: true, staysInPlace: true }), ['backing-outside-store']);
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
    assert.match(found?.expected ?? '', blobs);
    assert.equal(others, []);
  });
}

/** Names that lead to the blobs today, and that somebody else's file system or working directory leads elsewhere. */
const otherSpellings = [
  `/link/blobs/${hex}.qcow2`,
  `${blobs}/l/../${hex}.qcow2`,
  `/proc/self/cwd/${hex}.qcow2`,
  `/proc/self/cwd/cloudimg/blobs/${hex}.qcow2`,
  `${blobs}/./${hex}.qcow2`,
  `/var/lib/cocoon/./cloudimg/blobs/${hex}.qcow2`,
  `/var/lib/cocoon/snapshot/../cloudimg/blobs/${hex}.qcow2`,
  `/${good}`,
  `${blobs}//${hex}.qcow2`,
  `/var/lib//cocoon/cloudimg/blobs/${hex}.qcow2`,
  good.replace('/var/', '/VAR/'),
];
for (const name of otherSpellings) {
  test(`${name} is not how the blobs are spelled, wherever it leads`, () => {
    assert.equal(codes(name), ['backing-outside-store']);
  });
}

test('a store without blobs holds no base', () => {
  assert.equal(codes(good, { spellings: [] }), ['backing-outside-store']);
  assert.match(judgeBacking(facts(good, { spellings: [] }))[0]?.expected ?? '', 'its blobs');
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
    assert.is(digestInName(facts(`${blobs}/${last}`).name), null);
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
