import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ErofsRead, ErofsSuperblock } from '../../../lib/erofs/read-superblock.js';
import { judgeErofs } from '../../../lib/verify/rules/erofs.js';

const test = suite('rule: a layer');

function judge(facts: ErofsRead) {
  return judgeErofs(facts, '/l').map(({ code, severity, subject, message }) => {
    assert.equal([code, severity, subject], ['layer-malformed', 'error', '/l']);
    return message;
  });
}
const ok = (superblock: Partial<ErofsSuperblock>) => {
  return judge({ kind: 'ok', superblock: { extraDevices: 0, blockSize: 4096, ...superblock } as ErofsSuperblock });
};

test('an image of blocks no larger than a page that is whole by itself is well', () => {
  assert.equal(ok({}), []);
  assert.equal(ok({ blockSize: 512 }), []);
});

test('denied: larger blocks, and data on another device', () => {
  assert.match(ok({ blockSize: 4097 })[0] ?? '', /blocks of 4097 bytes/);
  assert.match(ok({ extraDevices: 1 })[0] ?? '', /needs 1 other devices/);
});

test('denied: what is no EROFS image, is damaged or has what no kernel mounts, each in its words', () => {
  assert.equal(judge({ kind: 'not-erofs' }), ['the layer is no EROFS image']);
  assert.match(judge({ kind: 'malformed', reason: 'torn', offset: 7 })[0] ?? '', /damaged: torn \(byte 7\)/);
  assert.match(judge({ kind: 'unsupported', reason: 'new' } as ErofsRead)[0] ?? '', /cannot be mounted: new/);
});

test.run();
