import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Exported, exported } from '../builders/exported-directory.js';

import { codesOf, program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { hook, hookScript } from './hooked.js';

const test = suite('blobcheck verify --from-dir');

const VM = 'AAAAAAAAAAAAAAAAAAAAAAAAAA';

const verdictOn = ({ node, directory }: Exported, ...more: readonly string[]) => {
  const { status, report } = verifyJson([...node.options, '--from-dir', directory, ...more]);
  return { status, entry: report.snapshots[0] };
};

test('a directory as cocoon exports it is allowed, by its own record', () => {
  const { status, entry } = verdictOn(exported());
  assert.equal(codesOf(entry), []);
  assert.equal([status, entry?.verdict, entry?.id, entry?.name], [0, 'allow', null, 'app:v1']);
  assert.is(entry?.blobs[0]?.how, 'hashed');
});

function editJson(path: string, change: (document: Record<string, Record<string, unknown>>) => void): void {
  const document = JSON.parse(readFileSync(path, 'utf8'));
  change(document);
  writeFileSync(path, JSON.stringify(document));
}

const damages: readonly (readonly [string, string, (of: Exported) => void])[] = [
  ['no snapshot.json', 'snapshot-file-missing', ({ directory }) => rmSync(join(directory, 'snapshot.json'))],
  [
    'a snapshot.json that is a link',
    'snapshot-file-missing',
    ({ directory }) => {
      renameSync(join(directory, 'snapshot.json'), join(directory, '../elsewhere.json'));
      symlinkSync('../elsewhere.json', join(directory, 'snapshot.json'));
    },
  ],
  [
    'a snapshot.json with a second spelling of a key',
    'sidecar-malformed',
    ({ directory }) => {
      const path = join(directory, 'snapshot.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"image":', '"Image":"x","image":'));
    },
  ],
  [
    'a record without a config',
    'sidecar-malformed',
    ({ directory }) => writeFileSync(join(directory, 'snapshot.json'), '{"version":1}'),
  ],
  [
    'a version that nobody knows',
    'snapshot-unsupported',
    ({ directory }) =>
      editJson(join(directory, 'snapshot.json'), (document) => Object.assign(document, { version: 2 })),
  ],
  [
    'a record that names another base',
    'digest-mismatch',
    ({ directory }) =>
      editJson(join(directory, 'snapshot.json'), ({ config }) =>
        Object.assign(config ?? {}, { image_digest: `sha256:${'0'.repeat(64)}` }),
      ),
  ],
  ['no overlay', 'snapshot-file-missing', ({ directory }) => rmSync(join(directory, 'overlay.qcow2'))],
  [
    'memory that is short',
    'memory-size-mismatch',
    ({ directory }) => truncateSync(join(directory, 'memory-ranges'), 100),
  ],
  [
    'an entropy source of the host',
    'vm-config-host-access',
    ({ directory }) =>
      editJson(join(directory, 'config.json'), (config) => Object.assign(config, { rng: { src: '/etc/shadow' } })),
  ],
  ['a base that is gone', 'blob-missing', ({ node }) => rmSync(node.blob)],
  ['a directory that everybody can write', 'from-dir-not-private', ({ directory }) => chmodSync(directory, 0o777)],
  [
    'a file that a group can write',
    'from-dir-not-private',
    ({ directory }) => chmodSync(join(directory, 'overlay.qcow2'), 0o664),
  ],
];
for (const [what, code, damage] of damages) {
  test(`not allowed: ${what}`, () => {
    const made = exported();
    damage(made);
    const { status, entry } = verdictOn(made);
    assert.is(status, code === 'snapshot-unsupported' ? 3 : 1);
    assert.ok(codesOf(entry).includes(code), codesOf(entry).join(', '));
  });
}

needs(['root'], test, 'not allowed: a directory, or one on the way to it, that is another user’s', () => {
  const made = exported();
  chownSync(made.directory, 65_534, 65_534);
  assert.ok(codesOf(verdictOn(made).entry).includes('from-dir-not-private'));
  chownSync(made.directory, 0, 0);
  assert.is(verdictOn(made).status, 0);
  chownSync(join(made.directory, '..'), 65_534, 65_534);
  assert.ok(codesOf(verdictOn(made).entry).includes('from-dir-not-private'));
});

test('a directory that is not there is missing its snapshot.json, and is not private', () => {
  const { node } = exported();
  const { status, entry } = verdictOn({ node, directory: '/nowhere/at/all' });
  assert.is(status, 1);
  assert.ok(codesOf(entry).includes('snapshot-file-missing'));
  const away = entry?.findings.find(({ subject }) => subject === '/nowhere' || subject === '/nowhere/at/all');
  assert.is(away?.remedy, 'check the path');
});

test('the hook takes no empty word for a directory', () => {
  const run = hook(exported().node, ['--from-dir=']);
  assert.is(run.status, 2);
  assert.match(run.stderr, '--from-dir is empty');
});

test('the hook judges it, reads its base in a process of its own, and the guard’s words reach it', () => {
  const made = exported();
  const words = ['--from-dir', made.directory, '--root-dir', made.node.root.directory];
  assert.equal([hookScript(made.node, words).status, hookScript(made.node, words).stderr], [0, '']);
  chmodSync(made.directory, 0o777);
  const refused = hookScript(made.node, words);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'from-dir-not-private');
});

test('a restore from it is judged against the machine, which must be there', () => {
  const { node, directory } = exported();
  const run = hook(node, ['--operation=restore', `--from-dir=${directory}`, VM]);
  assert.is(run.status, 1);
  assert.match(run.stderr, 'vm-not-found');
});

test('a relative name is that of the working directory', () => {
  const { node, directory } = exported();
  mkdirSync(join(directory, '../work'));
  const words = [program, 'verify', ...node.options, '--from-dir', '../exported'];
  const run = spawnSync(process.execPath, words, { cwd: join(directory, '../work'), encoding: 'utf8' });
  assert.is(run.status, 0, run.stdout + run.stderr);
});

test.run();
