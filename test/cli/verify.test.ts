import { chmodSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import { idFor } from '../builders/cocoon-root.js';
import { smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck verify');

for (const engine of ['json', 'sqlite'] as const) {
  test(`a healthy snapshot is allowed, by name, id and id prefix (${engine})`, () => {
    const { options, base } = smallNode({ engine });
    for (const ref of ['app:v1', idFor('app:v1'), idFor('app:v1').slice(0, 3)]) {
      const { status, report } = verifyJson([...options, ref]);
      assert.is(status, 0);
      assert.is(report.engine, engine);
      assert.equal(report.findings, []);
      assert.equal(codesOf(report.snapshots[0]), []);
      assert.is(report.snapshots[0]?.blobs[0]?.actual, `sha256:${base}`);
      assert.equal(report.summary, { allow: 1, deny: 0, unverified: 0, skipped: 0 });
    }
  });

  test(`a name that no snapshot has, whatever it looks like, is not found (${engine})`, () => {
    const { options } = smallNode({ engine });
    for (const name of ['app', '../x', '-x', '/etc/passwd', '__proto__', 'constructor', 'nothing/*']) {
      const { status, report } = verifyJson([...options, '--', name]);
      assert.is(status, 1, name);
      assert.equal(codesOf(report.snapshots[0]), ['snapshot-not-found'], name);
      assert.is(report.snapshots[0]?.id, null);
    }
  });

  test(`a pending snapshot is denied by name and skipped by --all (${engine})`, () => {
    const more = (base: string, blob: string) => [snapshotOn('late:v1', base, blob, { pending: true })];
    const { options } = smallNode({ engine, more });
    const named = verifyJson([...options, 'late:v1']);
    assert.is(named.status, 1);
    assert.equal(codesOf(named.report.snapshots[0]), ['snapshot-pending']);
    const all = verifyJson([...options, '--all']);
    assert.is(all.status, 0);
    assert.equal(all.report.summary, { allow: 1, deny: 0, unverified: 0, skipped: 1 });
  });

  test(`a prefix of two ids is ambiguous, and one character more is not (${engine})`, () => {
    const ids = ['AAAA222222222222222222222A', 'AAAB222222222222222222222A'] as const;
    const more = (base: string, blob: string) => ids.map((id, at) => snapshotOn(`twin:v${at}`, base, blob, { id }));
    const { options } = smallNode({ engine, more });
    assert.equal(codesOf(verifyJson([...options, 'AAA']).report.snapshots[0]), ['snapshot-ambiguous']);
    assert.is(verifyJson([...options, 'AAAB']).report.snapshots[0]?.id, ids[1]);
  });
}

test('a glob is matched against names, crosses slashes, and an exact name wins over it', () => {
  const more = (base: string, blob: string) =>
    ['simular/win11:v1', 'simular/deep/er:v1', 'other:v1', 'simular/*'].map((name) => snapshotOn(name, base, blob));
  const { options } = smallNode({ more });
  const names = (pattern: string) => verifyJson([...options, pattern]).report.snapshots.map(({ ref }) => ref);
  assert.equal(names('simular/w*'), ['simular/win11:v1']);
  assert.equal(names('s*r:v1'), ['simular/deep/er:v1']);
  assert.equal(names('*'), ['app:v1', 'other:v1', 'simular/*', 'simular/deep/er:v1', 'simular/win11:v1']);
  assert.equal(names('simular/*'), ['simular/*']);
});

test('a snapshot that is named twice is judged once', () => {
  const { options } = smallNode();
  const { report } = verifyJson([...options, 'app:v1', idFor('app:v1'), 'app*']);
  assert.is(report.snapshots.length, 1);
});

test('the root is found as cocoon finds it: flag, then environment, then configuration file', () => {
  const { root, state } = smallNode();
  const config = join(temporaryDirectory(), 'cocoon.yaml');
  writeFileSync(config, `ROOT_DIR: ${root.directory}\n`);
  const judge = (args: string[], env: NodeJS.ProcessEnv) =>
    verifyJson([...args, '--state-dir', state, 'app:v1'], env).status;
  assert.is(judge(['--root-dir', root.directory], { COCOON_ROOT_DIR: '/nonexistent' }), 0);
  assert.is(judge([], { COCOON_ROOT_DIR: root.directory }), 0);
  assert.is(judge(['--config', config], {}), 0);
  assert.is(judge(['--config', config], { COCOON_ROOT_DIR: '/nonexistent' }), 3);
  assert.is(judge(['--config', config], { COCOON_ROOT_DIR: '' }), 0);
});

test('names and paths are escaped on a terminal and in a remedy', () => {
  const name = 'evil\u001b[31m\nname:v1';
  const more = (base: string, blob: string) => [
    snapshotOn(name, base, blob, {
      image: 'https://h/\u001b]0;x\u0007',
      base: 'ab'.repeat(32),
      overlay: Buffer.alloc(0),
    }),
  ];
  const { options } = smallNode({ more });
  const run = blobcheck(['verify', '--all', ...options]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is printed is the point
  assert.not.match(run.stdout, /[\u0000-\u0009\u000b-\u001f\u007f]/);
  assert.match(run.stdout, /evil\\u001b\[31m\\u000aname:v1/);
});

test('--quiet prints nothing where all is allowed, and what is not where not', () => {
  const { options, blob } = smallNode();
  const allowed = blobcheck(['verify', 'app:v1', '--quiet', ...options]);
  assert.equal([allowed.status, allowed.stdout, allowed.stderr], [0, '', '']);
  rmSync(blob);
  const denied = blobcheck(['verify', 'app:v1', '--quiet', ...options]);
  assert.is(denied.status, 1);
  assert.match(denied.stdout, /DENY {8}app:v1/);
});

test('colours are for terminals', () => {
  const { options } = smallNode();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character of colours
  assert.not.match(blobcheck(['verify', 'app:v1', ...options]).stdout, /\u001b/);
});

test('a seal in a directory that others can write does not count, and the verdict stands', () => {
  const { options, state } = smallNode();
  chmodSync(state, 0o777);
  const { status, report } = verifyJson([...options, 'app:v1']);
  assert.is(status, 0);
  assert.equal(
    report.findings.map(({ code, severity }) => [code, severity]),
    [['state-unusable', 'warning']],
  );
  assert.equal(readdirSync(state), []);
});

test('a seal that cannot be read leaves a base that needs it unverified', () => {
  const node = smallNode({ digest: 'cd'.repeat(32) });
  assert.is(blobcheck(['seal', '--all', ...node.options]).status, 0);
  const [folder = ''] = readdirSync(join(node.state, 'seals'));
  truncateSync(join(node.state, 'seals', folder, `${node.base}.json`), 30);
  const { status, report } = verifyJson([...node.options, 'app:v1']);
  assert.is(status, 3);
  assert.equal(codesOf(report.snapshots[0]), ['seal-unreadable']);
});

test('a flip is blob-corrupt where the base was seen whole, blob-unsealed where it never was, and both deny', () => {
  const node = smallNode();
  assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
  flipBit(node.blob, 4 * 65536 + 1);
  const seen = verifyJson([...node.options, 'app:v1']);
  assert.is(seen.status, 1);
  assert.is(codesOf(seen.report.snapshots[0])[0], 'blob-corrupt');
  assert.match(seen.report.snapshots[0]?.findings[0]?.message ?? '', /a second read says the same/);
  const unseen = verifyJson(['--root-dir', node.root.directory, '--state-dir', temporaryDirectory(), 'app:v1']);
  assert.is(unseen.status, 1);
  assert.is(codesOf(unseen.report.snapshots[0])[0], 'blob-unsealed');
});

test('both engines of the hash give the same verdict and digest', () => {
  const node = smallNode();
  const digests = ['native', 'wasm'].map((engine) => {
    const { status, report } = verifyJson([...node.options, '--engine', engine, 'app:v1']);
    assert.is(status, 0);
    return report.snapshots[0]?.blobs[0]?.actual;
  });
  assert.is(digests[0], digests[1]);
});

test('a section of config.json is allowed by name, by option or variable', () => {
  const platform = { num_pci_segments: 2 };
  const node = smallNode({ snapshot: () => ({ edit: ({ config }) => Object.assign(config, { platform }) }) });
  const judge = (args: string[], env: NodeJS.ProcessEnv = {}) => verifyJson([...node.options, ...args, 'app:v1'], env);
  assert.equal(codesOf(judge([]).report.snapshots[0]), ['vm-config-host-access']);
  const allowed = judge(['--allow-vm-section', 'platform']);
  assert.is(allowed.status, 0);
  assert.equal(codesOf(allowed.report.snapshots[0]), ['vm-section-allowed']);
  assert.is(judge([], { BLOBCHECK_ALLOW_VM_SECTIONS: 'numa, platform' }).status, 0);
  assert.is(judge(['--allow-vm-section', 'numa']).status, 1);
});

test.run();
