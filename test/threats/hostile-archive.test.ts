/** An export from a host that wants to get at ours; how an archive is read is held by test/archive. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArchiveFile, buildTar } from '../builders/archive.js';
import { smallNode } from '../builders/small-node.js';
import { program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { traced } from '../support/traced.js';

const test = suite('threats: a hostile archive');

const record: ArchiveFile = { name: 'snapshot.json', content: '{"config":{"id":"X"},"version":1}' };

/** Entries that would be written elsewhere, or be something else, if anybody unpacked them. */
const escaping: Readonly<Record<string, ArchiveFile>> = {
  'a way up': { name: '../../escaped', content: 'x' },
  'an absolute path': { name: '/tmp/escaped', content: 'x' },
  'a way down': { name: 'x/escaped', content: 'x' },
  'a symbolic link': { name: 'overlay.qcow2', type: '2', content: '' },
  'a hard link': { name: 'overlay.qcow2', type: '1', content: '' },
  'a device': { name: 'overlay.qcow2', type: '3', content: '' },
  'a pipe': { name: 'overlay.qcow2', type: '6', content: '' },
  'a directory': { name: 'overlay.qcow2', type: '5', content: '' },
};

needs(
  ['strace'],
  test,
  'an entry that leads out of the directory is refused by its name, and nothing is written',
  () => {
    const node = smallNode();
    const place = temporaryDirectory();
    for (const [what, entry] of Object.entries(escaping)) {
      const path = join(place, 'hostile.tar');
      writeFileSync(path, buildTar({ first: [record], files: [entry] }));
      const argv = [process.execPath, program, 'verify', '--json', ...node.options, '--archive', path];
      const { status, stdout, calls } = traced(
        argv,
        'openat,open,creat,mkdir,mkdirat,symlink,symlinkat,link,linkat,mknodat',
      );
      assert.is(status, 1, what);
      const [found] = JSON.parse(stdout).snapshots[0].findings;
      assert.is(found.code, 'archive-malformed', what);
      assert.ok(`${found.message} ${found.subject} ${found.actual}`.includes(entry.name), `${what}: ${found.message}`);
      const written = calls.filter((call) => /O_WRONLY|O_RDWR|O_CREAT|creat|mkdir|link|mknod/.test(call));
      const elsewhere = written.filter(
        (call) => !call.includes(node.state) && !/"\/dev\//.test(call) && !call.includes('readlink'),
      );
      assert.equal(elsewhere, [], what);
    }
    assert.equal(readdirSync(place), ['hostile.tar']);
  },
);

test('a directory that looks like an export of somebody else is judged where it lies, and not touched', () => {
  const node = smallNode();
  const directory = join(temporaryDirectory(), 'export');
  mkdirSync(directory);
  writeFileSync(join(directory, 'snapshot.json'), '{"config":{"id":"X"},"version":1}');
  const { status } = verifyJson([...node.options, '--from-dir', directory]);
  assert.is(status, 1);
  assert.equal(readdirSync(directory), ['snapshot.json']);
});

test.run();
