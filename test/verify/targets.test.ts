import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import type { SnapshotListing, Store } from '../../lib/store/store.js';
import { allTargets, resolveTargets, type Targets } from '../../lib/verify/targets.js';

const test = suite('targets');

function listing(id: string, name: string, changes: Partial<SnapshotListing> = {}): SnapshotListing {
  return { id, name, pending: false, deletion: 'none', ...changes };
}

/** A store that holds a list of snapshots and knows ids, names and prefixes of three characters. */
function storeOf(listings: readonly SnapshotListing[]): Store {
  const notAsked = () => {
    throw new Error('nobody asked for this');
  };
  return {
    engine: 'json',
    runDirs: [],
    root: '/var/lib/cocoon',
    recovered: [],
    async resolve(ref) {
      const exact = listings.find(({ id }) => id === ref) ?? listings.find(({ name }) => name !== '' && name === ref);
      const matching = exact === undefined && ref.length >= 3 ? listings.filter(({ id }) => id.startsWith(ref)) : [];
      if (matching.length > 1) return { kind: 'ambiguous', ids: matching.map(({ id }) => id) };
      const found = exact ?? matching[0];
      if (found === undefined) return { kind: 'not-found', deletingId: null };
      if (found.deletion === 'unreadable') throw new BlobcheckError('metadata-unreadable', 'the tombstone is torn');
      if (found.deletion === 'deleting') return { kind: 'not-found', deletingId: found.id };
      if (found.pending) return { kind: 'pending', id: found.id };
      return { kind: 'found', id: found.id, by: exact === undefined ? 'prefix' : 'id' };
    },
    listSnapshots: async () => listings,
    snapshot: notAsked,
    imagesByDigest: notAsked,
    image: notAsked,
    allImages: notAsked,
    virtualMachines: async () => [],
    isAsRead: () => true,
    close: async () => {},
  };
}

const store = storeOf([
  listing('AAAA1', 'simular/win11:v1'),
  listing('AAAA2', 'simular/win11:v2'),
  listing('BBBB1', 'ubuntu', { pending: true }),
  listing('CCCC1', 'simular/win10:v1', { deletion: 'deleting' }),
  listing('DDDD1', ''),
  listing('EEEE1', 'odd[1]'),
  listing('FFFF1', 'simular/.hidden', { pending: true }),
]);

/** Each target in short: the id, or the code of the finding. */
function shown({ targets }: Targets): string[] {
  return targets.map((target) => (target.kind === 'snapshot' ? target.id : target.finding.code));
}

async function ask(...refs: string[]): Promise<Targets> {
  return await resolveTargets(store, refs);
}

test('an id, a name and a prefix lead to snapshots, in the order that they were asked for', async () => {
  const found = await ask('simular/win11:v2', 'AAAA1', 'DDD');
  assert.equal(shown(found), ['AAAA2', 'AAAA1', 'DDDD1']);
  assert.is(found.skipped, 0);
  assert.equal(
    found.targets.map(({ ref }) => ref),
    ['simular/win11:v2', 'AAAA1', 'DDD'],
  );
});

test('a snapshot that is asked for twice is judged once, and so is a name that leads nowhere', async () => {
  assert.equal(shown(await ask('AAAA1', 'simular/win11:v1', 'simular/*', 'x', 'x')), [
    'AAAA1',
    'AAAA2',
    'snapshot-not-found',
  ]);
});

test('a name that leads nowhere is denied, and named', async () => {
  const [target] = (await ask('win12')).targets;
  if (target?.kind !== 'none') return assert.unreachable();
  assert.is(target.finding.code, 'snapshot-not-found');
  assert.is(target.finding.severity, 'error');
  assert.is(target.finding.subject, 'win12');
  assert.is(target.finding.message, 'there is no snapshot win12');
});

test('what looks like a path or an option is a name', async () => {
  assert.equal(shown(await ask('../x', '-x', '')), ['snapshot-not-found', 'snapshot-not-found', 'snapshot-not-found']);
});

test('a prefix of several ids is denied, and they are named', async () => {
  const [target] = (await ask('AAA')).targets;
  if (target?.kind !== 'none') return assert.unreachable();
  assert.is(target.finding.code, 'snapshot-ambiguous');
  assert.match(target.finding.message, 'AAAA1, AAAA2');
});

test('a snapshot that is still being written is denied when it is asked for by name, and not skipped', async () => {
  const found = await ask('ubuntu');
  assert.equal(shown(found), ['snapshot-pending']);
  assert.is(found.skipped, 0);
  assert.match(found.targets[0]?.kind === 'none' ? found.targets[0].finding.message : '', 'BBBB1');
});

test('a snapshot that cocoon is deleting is not found, and the message says why', async () => {
  const [target] = (await ask('simular/win10:v1')).targets;
  if (target?.kind !== 'none') return assert.unreachable();
  assert.is(target.finding.code, 'snapshot-not-found');
  assert.match(target.finding.message, 'begun to delete CCCC1');
});

test('a pattern matches names, across slashes and before dots, sorted; what cannot be judged yet is counted', async () => {
  const found = await ask('simular/*');
  assert.equal(shown(found), ['AAAA1', 'AAAA2']);
  assert.equal(
    found.targets.map(({ ref }) => ref),
    ['simular/win11:v1', 'simular/win11:v2'],
  );
  // One is pending, one is being deleted.
  assert.is(found.skipped, 2);
  assert.equal(shown(await ask('*:v[2-9]')), ['AAAA2']);
  assert.equal(shown(await ask('{ubuntu,simular/win11:v1}')), ['AAAA1']);
});

test('a pattern never matches a snapshot without a name', async () => {
  assert.not.ok(shown(await ask('*')).includes('DDDD1'));
});

test('a pattern without a usable match is denied, and what it passed over is counted', async () => {
  const found = await ask('ubun*');
  assert.equal(shown(found), ['snapshot-not-found']);
  assert.is(found.skipped, 1);
  assert.is(found.targets[0]?.kind === 'none' && found.targets[0].finding.message, 'no snapshot matches ubun*');
  assert.equal(shown(await ask('simular?win12')), ['snapshot-not-found']);
});

test('a pattern is one only for whoever takes patterns, and only where nothing else is meant', async () => {
  const single = await resolveTargets(store, ['simular/*'], false);
  assert.equal([shown(single), single.skipped], [['snapshot-not-found'], 0]);
  assert.is(single.targets[0]?.kind === 'none' && single.targets[0].finding.message, 'there is no snapshot simular/*');
  const odd = storeOf([
    listing('x[y]1', 'a'),
    listing('x[y]2', 'xy1'),
    listing('CCCC1', 'z[y]', { pending: true }),
    listing('DDDD1', 'zy'),
  ]);
  assert.equal(shown(await resolveTargets(odd, ['x[y]', 'z[y]'])), ['snapshot-ambiguous', 'snapshot-pending']);
});

test('what a pattern matches comes by name, whatever the ids', async () => {
  const shuffled = storeOf([
    listing('1', 'b'),
    listing('2', 'c'),
    listing('3', 'a'),
    listing('4', 'b'),
    listing('5', ''),
  ]);
  for (const found of [await resolveTargets(shuffled, ['*']), await resolveTargets(shuffled, ['{a,b,c,}'])]) {
    assert.equal(shown(found), ['3', '1', '4', '2']);
  }
});

test('a reference whose entry is broken is none, and called as it was asked for', async () => {
  const torn = storeOf([listing('AAAA1', 'torn:v1', { deletion: 'unreadable' })]);
  const [target] = (await resolveTargets(torn, ['torn:v1'])).targets;
  assert.equal([target?.kind, target?.ref], ['none', 'torn:v1']);
});

test('a name with the characters of a pattern is a name first', async () => {
  assert.equal(shown(await ask('odd[1]')), ['EEEE1']);
});

test('a prefix of several ids is no pattern', async () => {
  assert.equal(shown(await ask('AAA', 'AAA*')), ['snapshot-ambiguous', 'snapshot-not-found']);
});

test('all are the usable ones, by name or else by id, sorted; pending and vanishing ones are counted', async () => {
  const found = await allTargets(store);
  assert.equal(
    found.targets.map(({ ref }) => ref),
    ['DDDD1', 'odd[1]', 'simular/win11:v1', 'simular/win11:v2'],
  );
  assert.is(found.skipped, 3);
  assert.equal(await allTargets(storeOf([])), { targets: [], skipped: 0 });
});

test('one whose tombstone cannot be read is there and unverified, however it is asked for, and stops no other', async () => {
  const torn = storeOf([listing('AAAA1', 'app:v1'), listing('BBBB1', 'torn:v1', { deletion: 'unreadable' })]);
  for (const found of [
    await allTargets(torn),
    await resolveTargets(torn, ['*']),
    await resolveTargets(torn, ['app:v1', 'torn:v1']),
  ]) {
    assert.equal(shown(found), ['AAAA1', 'metadata-unreadable']);
    assert.is(found.targets[1]?.ref, 'torn:v1');
    assert.is(found.skipped, 0);
  }
});

test.run();
