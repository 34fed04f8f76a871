import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withLock } from '../../lib/trust/lock.js';
import { ownIdentity } from '../../lib/trust/process.js';
import { type ReadingNote, readNote, startNote } from '../../lib/trust/reading-note.js';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { lockFile } from './held.js';
import { BLOB, OTHER_BLOB, place } from './states.js';

const test = suite('the note of a read');

/** The first note with so many bytes, if they are told on and on as a read does. */
async function noted(state: StateDirectory, bytesDone: number, tell: () => void = () => {}): Promise<ReadingNote> {
  for (;;) {
    const note = await readNote(state, BLOB);
    if (note?.bytesDone === bytesDone) return note;
    tell();
    await setImmediate();
  }
}

/** Does something with the lock of the blob, as who reads it does. */
async function locked(state: StateDirectory, work: (file: FileHandle) => Promise<void>): Promise<void> {
  assert.is((await withLock(state, BLOB, {}, work)).kind, 'done');
}

test('says who reads, how far it is, and since when; and is gone when that is over', async () => {
  const { state } = await place();
  const before = Date.now();
  await locked(state, async (file) => {
    const writer = startNote(file, BLOB, 3e9);
    const first = await noted(state, 0);
    const { since, at, seconds, ...said } = first;
    assert.equal(said, { version: 1, blob: BLOB, ...ownIdentity(), host: hostname(), bytesDone: 0, bytesTotal: 3e9 });
    assert.ok(Date.parse(since) >= before && Date.parse(at) >= Date.parse(since) && seconds >= 0);
    const second = await noted(state, 2e9, () => writer.update(2e9, 4e9));
    assert.equal([second.bytesTotal, second.since], [4e9, since]);
    assert.ok(second.seconds > seconds);
    await writer.remove();
    assert.is(await readNote(state, BLOB), null);
  });
  assert.is(statSync(lockFile(state, BLOB)).size, 0);
});

test('begins anew with a read from the beginning', async () => {
  const { state } = await place();
  await locked(state, async (file) => {
    const writer = startNote(file, BLOB, 10);
    const first = await noted(state, 10, () => writer.update(10, 10));
    while (Date.now() === Date.parse(first.since)) await setImmediate();
    const again = await noted(state, 3, () => writer.update(3, 10));
    assert.ok(Date.parse(again.since) > Date.parse(first.since));
    await writer.remove();
  });
});

test('covers whatever a holder that was killed has left', async () => {
  const { state } = await place();
  await locked(state, async (file) => {
    await file.write('x'.repeat(5000));
    const writer = startNote(file, BLOB, 10);
    await noted(state, 0);
    await writer.remove();
  });
});

test('that cannot be written is not, and nothing fails', async () => {
  const { state } = await place();
  let writer: ReturnType<typeof startNote> | undefined;
  await locked(state, async (file) => {
    await file.close();
    writer = startNote(file, BLOB, 10);
    writer.update(5, 10);
  }).catch(() => {});
  await writer?.remove();
  assert.is(statSync(lockFile(state, BLOB)).size, 0);
});

/** The text of a note that counts. */
async function aNote(state: StateDirectory): Promise<string> {
  let text = '';
  await locked(state, async (file) => {
    const writer = startNote(file, BLOB, 10);
    await noted(state, 0);
    text = readFileSync(lockFile(state, BLOB), 'utf8');
    await writer.remove();
  });
  return text;
}

const oddities: readonly (readonly [string, (file: string, text: string) => void])[] = [
  ['an empty file', (file) => writeFileSync(file, '')],
  ['a torn note', (file, text) => writeFileSync(file, text.slice(0, 100))],
  ['what is no JSON', (file) => writeFileSync(file, Buffer.from([0xff, 0, 1]))],
  ['JSON that is no note', (file) => writeFileSync(file, '[null]')],
  ['a note of another version', (file, text) => writeFileSync(file, text.replace('"version":1', '"version":2'))],
  ['a note of another blob', (file, text) => writeFileSync(file, text.replace(BLOB, OTHER_BLOB))],
  ['a note with a field more', (file, text) => writeFileSync(file, text.replace('{', '{"more":1,'))],
  ['bytes that are none', (file, text) => writeFileSync(file, text.replace('"bytesDone":0', '"bytesDone":-1'))],
  ['a process id that is none', (file, text) => writeFileSync(file, text.replace(/"pid":\d+/, '"pid":1.5'))],
  ['a time that is none', (file, text) => writeFileSync(file, text.replace(/"at":"[^"]*"/, '"at":"yesterday"'))],
  // ISO 8601 has such a time, `Date.parse` has none.
  ['half a time zone', (file, text) => writeFileSync(file, text.replace(/"at":"([^.]*)\.\d+Z"/, '"at":"$1+01"'))],
  ['a note that is too long', (file, text) => writeFileSync(file, text.padEnd(1025))],
  ['a file that others can write', (file) => chmodSync(file, 0o666)],
  [
    'a link to a note',
    (file) => {
      renameSync(file, `${file}.real`);
      symlinkSync(`${file}.real`, file);
    },
  ],
  [
    'a directory',
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
  ['nothing', (file) => rmSync(file)],
];
for (const [what, make] of oddities) {
  test(`${what} says nothing`, async () => {
    const { state } = await place();
    const text = await aNote(state);
    const file = lockFile(state, BLOB);
    writeFileSync(file, text);
    assert.is((await readNote(state, BLOB))?.blob, BLOB);
    // Without the spaces that fill it: what is put in makes no note too long.
    make(file, text.trimEnd());
    assert.is(await readNote(state, BLOB), null);
  });
}

test('in a directory that others can write says nothing', async () => {
  const { state, directory } = await place();
  const text = await aNote(state);
  writeFileSync(lockFile(state, BLOB), text);
  chmodSync(`${directory}/locks`, 0o777);
  assert.is(await readNote(state, BLOB), null);
});

test('says nothing where there is no state directory, or others can write it', async () => {
  const { state, directory, root } = await place();
  writeFileSync(lockFile(state, BLOB), await aNote(state));
  chmodSync(directory, 0o777);
  assert.is(await readNote(await openState(directory, root), BLOB), null);
  assert.is(await readNote(await openState(null, root), BLOB), null);
  chmodSync(directory, 0o755);
  assert.is((await readNote(await openState(directory, root), BLOB))?.blob, BLOB);
});

test.run();
