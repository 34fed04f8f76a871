import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { missingFirmware } from '../../lib/verify/firmware.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('firmware on the disk');

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
writeFileSync(at('file'), '');
mkdirSync(at('directory'));
symlinkSync('file', at('link'));
symlinkSync('gone', at('to-nowhere'));
symlinkSync('circle', at('circle'));

test('firmware is there as a file, or by a link to one', async () => {
  for (const name of ['file', 'link']) assert.is(await missingFirmware(at(name)), null, name);
});

test('what is no file, or is nowhere, is missing', async () => {
  for (const name of ['directory', 'gone', 'to-nowhere', 'file/below']) {
    assert.is(await missingFirmware(at(name)), at(name), name);
  }
});

test('firmware that cannot be looked at is neither', async () => {
  try {
    await missingFirmware(at('circle'));
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof BlobcheckError);
    assert.equal([error.code, error.path], ['unreadable', at('circle')]);
    assert.match(error.message, 'the firmware cannot be looked at: ELOOP');
  }
});

test.run();
