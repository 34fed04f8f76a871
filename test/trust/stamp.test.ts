import { mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Stamp, stampName, stampText, writeStamp } from '../../lib/trust/stamp.js';
import { openState } from '../../lib/trust/state-directory.js';
import { place } from './states.js';

const test = suite('a stamp');

const file = (path: string, timeNs = 1_700_000_000_000_000_005n) => ({ path, inode: 7n, size: 9n, timeNs });

function stamp(fields: Partial<Stamp> = {}): Stamp {
  return {
    question: '/root /run app:v1',
    ...{ from: 1000, until: 2000, warnings: ['blobcheck: a warning'] },
    directory: file('/root/a'),
    files: [file('/root/a/overlay.qcow2'), file('/root/blob', 42n)],
    memory: file('/root/a/memory-ranges'),
    ...fields,
  };
}

test('lists the files that an allow rests on, those of the directory by their names in it', () => {
  assert.is(
    stampText(stamp()),
    [
      '/root /run app:v1',
      'valid 1000 2000',
      'd 7 9 1700000000.000000005 /root/a',
      'f 7 9 1700000000.000000005 overlay.qcow2',
      'f 7 9 0.000000042 /root/blob',
      'm 7 9 1700000000.000000005 memory-ranges',
      'w blobcheck: a warning',
      'end 1000 2000 4',
      '',
    ].join('\n'),
  );
  assert.match(stampText(stamp({ memory: null, warnings: [] })) ?? '', /\/root\/blob\nend 1000 2000 3\n$/);
});

const misread: readonly (readonly [string, Partial<Stamp>])[] = [
  ['a line break in a path', { directory: file('/root/a\nb') }],
  ['a blank at the end of a path', { files: [file('/root/a/b ')] }],
  ['a letter beyond ASCII in the path of the memory', { memory: file('/root/ä') }],
  ['a time before 1970', { files: [file('/root/a/b', -1n)] }],
  ['a line break in a warning', { warnings: ['good', 'bad\nend 1000 2000 4'] }],
  ['an empty warning', { warnings: [''] }],
];
for (const [what, fields] of misread) {
  test(`with ${what}, which a shell could misread, is none and is not written`, async () => {
    const { state, directory } = await place();
    assert.is(stampText(stamp(fields)), null);
    assert.equal(await writeStamp(state, 'app:v1', stamp(fields)), { kind: 'not-written', problem: null });
    assert.throws(() => readdirSync(directory), /ENOENT/);
  });
}

test('is of a plain reference, by a name without slashes', async () => {
  assert.is(stampName('registry/app:v1'), 'registry+app:v1');
  for (const reference of ['', '.hidden', '-x', 'a b', 'a*', 'ä', 'a'.repeat(201)]) {
    assert.is(stampName(reference), null, reference);
  }
  const { state } = await place();
  assert.equal(await writeStamp(state, 'a b', stamp()), { kind: 'not-written', problem: null });
});

test('is written over the one before, and takes away what nobody has used for a month', async () => {
  const { state, directory } = await place();
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await writeStamp(state, 'app:v0', stamp()), { kind: 'written' });
  utimesSync(join(directory, 'stamps', 'app:v0'), 1, 1);
  for (const until of [now + 1, now + 2]) {
    assert.equal(await writeStamp(state, 'app:v1', stamp({ from: now, until })), { kind: 'written' });
  }
  assert.equal(readdirSync(join(directory, 'stamps')), ['app:v1']);
  assert.match(readFileSync(join(directory, 'stamps', 'app:v1'), 'utf8'), `\nvalid ${now} ${now + 2}\n`);
});

test('that cannot be written is a problem where there is a state directory, and takes nothing away', async () => {
  const { state, directory, root } = await place();
  const nowhere = await openState(null, root);
  assert.equal(await writeStamp(nowhere, 'app:v1', stamp()), { kind: 'not-written', problem: null });
  await writeStamp(state, 'old', stamp());
  utimesSync(join(directory, 'stamps', 'old'), 1, 1);
  mkdirSync(join(directory, 'stamps', 'app:v1'));
  const written = await writeStamp(state, 'app:v1', stamp({ from: Date.now() / 1000 }));
  assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', 'a directory is in its place');
  assert.equal(readdirSync(join(directory, 'stamps')), ['app:v1', 'old']);
});

test.run();
