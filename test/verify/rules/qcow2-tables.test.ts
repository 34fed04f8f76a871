import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeTables } from '../../../lib/verify/rules/qcow2-tables.js';
import { codes, healthyTables } from './qcow2-literals.js';

const test = suite('rule: qcow2 tables');

function problems(count: number) {
  return Array.from({ length: count }, (_, at) => ({ kind: 'unaligned' as const, message: `entry ${at}`, offset: at }));
}

test('healthy tables have no finding', () => {
  assert.equal(judgeTables(healthyTables(), '/o', 'overlay'), []);
  assert.equal(judgeTables(healthyTables(), '/b', 'blob'), []);
});

test('each problem is a finding with the message of the walk', () => {
  const [finding, ...rest] = judgeTables(healthyTables({ problems: problems(1), problemCount: 1 }), '/b', 'blob');
  assert.is(rest.length, 0);
  assert.equal(
    [finding?.code, finding?.subject, finding?.message, finding?.actual],
    ['blob-malformed', '/b', 'entry 0', 'unaligned'],
  );
});

test('four problems are told, of more the number', () => {
  const messages = (count: number, described = count) => {
    const facts = healthyTables({ problems: problems(described), problemCount: count });
    return judgeTables(facts, '/o', 'overlay').map(({ message }) => message);
  };
  assert.is(messages(4).length, 4);
  assert.is(messages(5)[4], '1 more of its table entries is wrong');
  assert.equal([messages(1000, 16).length, messages(1000, 16)[4]], [5, '996 more of its table entries are wrong']);
});

test('tables beyond our limits are unsupported, whoever has them', () => {
  const facts = healthyTables({ tooLarge: 'an L1 table of 1 TiB' });
  assert.equal(codes(judgeTables(facts, '/o', 'overlay')), ['overlay-unsupported']);
  assert.equal(codes(judgeTables(facts, '/b', 'blob')), ['overlay-unsupported']);
});

test('what the header rule has denied already is not denied again', () => {
  assert.equal(judgeTables(healthyTables({ notWalked: 'extended L2 entries' }), '/o', 'overlay'), []);
});

test('compressed clusters in an overlay are a fault where the refcounts will be rebuilt', () => {
  const compressed = healthyTables({ compressedClusters: 3, rebuildsRefcounts: true });
  assert.equal(codes(judgeTables(compressed, '/o', 'overlay')), ['overlay-unsupported']);
  assert.equal(judgeTables(compressed, '/b', 'blob'), []);
  assert.equal(judgeTables(healthyTables({ compressedClusters: 3 }), '/o', 'overlay'), []);
  assert.equal(judgeTables(healthyTables({ rebuildsRefcounts: true }), '/o', 'overlay'), []);
});

test('data that counts as free is a fault of an overlay that nobody will rebuild the refcounts of', () => {
  const free = { freeDataClusters: 2, firstFreeData: 327_680 };
  const [finding] = judgeTables(healthyTables(free), '/o', 'overlay');
  assert.is(finding?.code, 'overlay-malformed');
  assert.match(finding?.message ?? '', '2 clusters of guest data count as free, the first at byte 327680');
  assert.equal(codes(judgeTables(healthyTables({ ...free, rebuildsRefcounts: true }), '/o', 'overlay')), [
    'overlay-malformed',
  ]);
  assert.equal(judgeTables(healthyTables({ ...free, dirty: true, rebuildsRefcounts: true }), '/o', 'overlay'), []);
  assert.equal(judgeTables(healthyTables(free), '/b', 'blob'), []);
});

test('data that no table leads to is a warning of an overlay, and nothing of a blob', () => {
  const facts = healthyTables({ unreferencedBytes: 1 });
  const [finding] = judgeTables(facts, '/o', 'overlay');
  assert.equal([finding?.code, finding?.severity, finding?.actual], ['overlay-unflushed', 'warning', '1 bytes']);
  assert.equal(judgeTables(facts, '/b', 'blob'), []);
});

test('of a tail that was not looked at to its end, the number is a lower bound', () => {
  const [finding] = judgeTables(healthyTables({ unreferencedBytes: 9, tailScanned: false }), '/o', 'overlay');
  assert.match(finding?.message ?? '', 'at least 9 non-zero bytes');
  assert.equal(judgeTables(healthyTables({ tailScanned: false }), '/o', 'overlay'), []);
});

test.run();
