import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxResidentBytes, whyAbsent } from '../../bench/program.js';
import { program } from '../support/blobcheck.js';

const test = suite('programs that are measured');

test('a path is itself, a name is looked for in PATH, and what is not there is said', () => {
  assert.is(whyAbsent(program), null);
  assert.is(whyAbsent('sh'), null);
  assert.is(whyAbsent(`${program}-none`), `${program}-none is not installed`);
  assert.is(whyAbsent('blobcheck-none'), 'blobcheck-none is not installed');
  assert.is(whyAbsent(join('/nonexistent', 'sh')), '/nonexistent/sh is not installed');
});

test('the memory of a program is its own, whatever the process has that starts it', async () => {
  const held = Buffer.alloc(256 * 2 ** 20, 1);
  const most = await maxResidentBytes([process.execPath, '-e', '0']);
  assert.ok(most > 10e6 && most < held.length, `${most} bytes`);
});

test.run();
