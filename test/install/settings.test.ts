import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isMarked, mark } from '../../lib/install/mark.js';
import { completedSettings, readSettings, settingsText } from '../../lib/install/settings.js';

const test = suite('the settings of a node');

const settings = { mode: 'enforce', cocoon: '/usr/local/bin/cocoon', node: '/usr/bin/node', stateDir: null };

test('a new file says what the node needs, and the rest in comments', () => {
  const text = settingsText(settings);
  assert.ok(isMarked(text));
  assert.equal(
    [...readSettings(text)],
    [
      ['BLOBCHECK_MODE', 'enforce'],
      ['BLOBCHECK_COCOON', '/usr/local/bin/cocoon'],
      ['BLOBCHECK_NODE', '/usr/bin/node'],
    ],
  );
  for (const key of ['BLOBCHECK_STATE_DIR', 'BLOBCHECK_TIMEOUT', 'BLOBCHECK_PULL_POLICY']) {
    assert.match(text, new RegExp(`^#${key}=`, 'm'));
  }
});

test('a state directory that is not the default is said', () => {
  const text = settingsText({ ...settings, stateDir: '/srv/state' });
  assert.is(readSettings(text).get('BLOBCHECK_STATE_DIR'), '/srv/state');
});

test('every line of a new file is a comment, a setting or empty', () => {
  for (const line of settingsText(settings).split('\n')) assert.match(line, /^(?:#.*|BLOBCHECK_[A-Z_]+=.*|)$/);
});

test('values stand verbatim but for white space around the line, and the last of a key counts', () => {
  const values = readSettings('E=f\nE=\n A= "b" \r\nC=x\nC=d=e\n#F=g\n\nno value\n=h\nK[x=y]=z\n');
  assert.equal(
    [...values],
    [
      ['A', ' "b"'],
      ['C', 'd=e'],
      ['K[x', 'y]=z'],
    ],
  );
});

test('what the operator wrote stays byte for byte where nothing is missing', () => {
  const text = `${mark}\nBLOBCHECK_NODE=/n\nBLOBCHECK_MODE=warn\n# mine\nBLOBCHECK_COCOON=/c`;
  assert.is(completedSettings(text, settings), text);
});

test('what is missing is added below what the operator wrote', () => {
  const text = `${mark}\nBLOBCHECK_MODE=warn`;
  assert.is(
    completedSettings(text, { ...settings, stateDir: '/s' }),
    `${text}\nBLOBCHECK_COCOON=/usr/local/bin/cocoon\nBLOBCHECK_NODE=/usr/bin/node\nBLOBCHECK_STATE_DIR=/s\n`,
  );
});

test('a file is ours by its whole first line only', () => {
  assert.ok(isMarked(`${mark}\nA=b`));
  for (const text of ['', `\n${mark}\n`, `${mark} not\n`, `# mine\n${mark}\n`]) assert.not.ok(isMarked(text));
});

test.run();
