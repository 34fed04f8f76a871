import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SnapshotRecord } from '../../lib/store/records.js';
import { realpathOrNull, rootSpellings } from '../../lib/verify/root-spellings.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('root-spellings');

/** A root, two links to it, another root, and a link to that. */
const place = realpathSync(temporaryDirectory());
const root = join(place, 'root');
const other = join(place, 'other');
for (const directory of [root, other]) mkdirSync(join(directory, 'snapshot/localfile/ID'), { recursive: true });
const link = join(place, 'link');
symlinkSync(root, link);
symlinkSync('root', join(place, 'relative-link'));
symlinkSync(other, join(place, 'other-link'));

async function spellings(given: string, recorded: string): Promise<string[]> {
  const record = { dataDir: `${recorded}/snapshot/localfile/ID` } as SnapshotRecord;
  return await rootSpellings(given, record);
}

test('a root without links that its records spell alike has one spelling', async () => {
  assert.equal(await spellings(root, root), [root]);
});

test('a root that is given by a link is spelled so, and resolved', async () => {
  assert.equal(await spellings(link, root), [link, root]);
  assert.equal(await spellings(link, link), [link, root]);
});

test("the record's spelling counts where it leads to this very root", async () => {
  const byRecord = join(place, 'relative-link');
  assert.equal(await spellings(link, byRecord), [link, root, byRecord]);
  assert.equal(await spellings(root, link), [root, link]);
});

test('a record that spells another root, a link to one, or what is not there adds nothing', async () => {
  for (const recorded of [other, join(place, 'other-link'), join(place, 'gone'), join(root, 'snapshot'), '']) {
    assert.equal(await spellings(root, recorded), [root], recorded);
  }
});

test('a record that spells the root by where somebody stands, or with dots, adds nothing', async () => {
  const before = process.cwd();
  process.chdir(root);
  try {
    for (const recorded of ['/proc/self/cwd', '.', `${place}/other/../root`, `${root}/.`]) {
      assert.equal(await spellings(root, recorded), [root], recorded);
    }
  } finally {
    process.chdir(before);
  }
});

test('a root that is not there has the spelling that was given, and no record adds to it', async () => {
  const gone = join(place, 'gone');
  assert.equal(await spellings(gone, gone), [gone]);
  assert.equal(await spellings(gone, join(place, 'gone-too')), [gone]);
});

test('a path that leads nowhere resolves to null, one through links to its end', async () => {
  assert.is(await realpathOrNull(join(place, 'gone')), null);
  assert.is(await realpathOrNull(join(link, 'snapshot')), join(root, 'snapshot'));
});

test.run();
