import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPaxRecords } from '../../lib/archive/pax-records.js';
import { paxBody, paxRecord } from '../builders/archive.js';
import { refusalOf } from './every-way.js';

const test = suite('PAX records');

const read = (text: string | Buffer) => Object.fromEntries(readPaxRecords(Buffer.from(text)));

function reason(text: string | Buffer): string {
  try {
    read(text);
  } catch (error) {
    return String((error as Error).message);
  }
  return 'taken';
}

test('they are what Go writes of a file of cocoon', () => {
  const records: [string, string][] = [
    ['COCOON.sparse.map', 'null'],
    ['COCOON.sparse.size', '67108864'],
    ['gid', '4294967294'],
    ['gname', 'größe'],
    ['mtime', '-1.5'],
    ['path', 'ä=b\n'],
    ['size', '8589934592'],
    ['uid', '2097152'],
    ['uname', 'u'],
  ];
  assert.equal(read(paxBody(records)), Object.fromEntries(records));
});

test('a record has its length in front, in its one spelling', () => {
  for (const text of [
    'x',
    ' 8 uid=1\n',
    '09 uid=1\n',
    '+8 uid=1\n',
    '8\tuid=1\n',
    '8.0 uid=1\n',
    '10000000 uid=1\n',
    '-1 ',
  ]) {
    assert.is(reason(text), 'a PAX record has no length', text);
  }
  assert.is(reason('8 uid=1\n'), 'taken');
  assert.is(reason('2 '), 'a PAX record is shorter than its length');
  assert.is(reason('9 uid=1\n'), 'a PAX record is longer than its header');
  assert.is(reason('7 uid=1'), 'a PAX record is damaged');
  assert.is(reason('7 uid=1\n'), 'a PAX record is damaged');
  assert.is(reason('8 uid=12'), 'a PAX record is damaged');
  assert.is(reason('5 ui\n'), 'a PAX record is damaged');
  assert.is(reason(''), 'an extended header is empty');
});

test('nothing but records stands there', () => {
  assert.is(reason('8 uid=1\n\0\0'), 'a PAX record has no length');
  assert.is(reason('8 uid=1\n\n'), 'a PAX record has no length');
});

test('a key is one that cocoon writes', () => {
  for (const key of [
    'atime',
    'ctime',
    'linkpath',
    'comment',
    'charset',
    'hdrcharset',
    'Path',
    'SCHILY.xattr.user.x',
    'GNU.sparse.name',
    'GNU.sparse.major',
    'GNU.sparse.realsize',
    'COCOON.sparse.Map',
    'COCOON.other',
    '__proto__',
    '',
  ]) {
    assert.is(reason(paxRecord(key, '1')), `the PAX key ${JSON.stringify(key)} is none that cocoon writes`);
  }
});

test('a key stands there once, and has a value without a NUL', () => {
  assert.is(
    reason(
      paxBody([
        ['uid', '1'],
        ['uid', '1'],
      ]),
    ),
    'the PAX key uid is repeated',
  );
  assert.is(reason(paxRecord('path', '')), 'the PAX key path has no value');
  assert.is(reason(paxRecord('path', 'a\0b')), 'the value of the PAX key path holds a NUL');
  assert.is(reason(Buffer.from('8 path=\xe9\n', 'latin1')), 'an extended header is not valid UTF-8');
});

test('numbers are decimal, in their one spelling', () => {
  for (const [key, value] of [
    ['size', '08'],
    ['size', '+8'],
    ['size', '-1'],
    ['size', '0'],
    ['size', ' 8'],
    ['size', '8 '],
    ['size', '1e3'],
    ['size', '0x8'],
    ['size', '1_000'],
    ['uid', 'root'],
    ['gid', '-2'],
    ['mtime', '1.'],
    ['mtime', '1.1234567890'],
    ['mtime', 'now'],
    ['COCOON.sparse.size', '007'],
    ['COCOON.sparse.size', '-1'],
  ] as const) {
    const expected = `the value of the PAX key ${key} is not written as cocoon writes it`;
    assert.is(reason(paxRecord(key, value)), expected, value);
  }
});

test('in an archive they are refused at the name of their file', async () => {
  const file = { name: 'cow.raw', content: 'x' };
  assert.is(await refusalOf({ ...file, records: [['atime', '1']] }), 'the PAX key "atime" is none that cocoon writes');
  assert.is(await refusalOf({ ...file, rawRecords: Buffer.alloc(0) }), 'an extended header is empty');
  assert.is(await refusalOf({ ...file, records: [['mtime', '-1']] }), null);
});

test.run();
