import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSettings as readByHook } from '../../lib/cli/settings.js';
import { readSettings, settingsText } from '../../lib/install/settings.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the settings that install writes');

const text = settingsText({ mode: 'enforce', cocoon: '/c', node: '/n', stateDir: '/s' });

function byHook(content: string) {
  const path = join(temporaryDirectory(), 'blobcheck.conf');
  writeFileSync(path, content, { mode: 0o644 });
  return readByHook({}, path);
}

needs(['root'], test, 'are read by the hook without a complaint, and alike', () => {
  const { env, problems } = byHook(text);
  assert.equal(problems, []);
  assert.equal(env, Object.fromEntries(readSettings(text)));
});

needs(['root'], test, 'name in their comments only keys that the hook knows', () => {
  const uncommented = text.replace(/^#(BLOBCHECK_)/gm, '$1');
  assert.match(uncommented, /^BLOBCHECK_PULL_POLICY\[ci\/\*\]=Never$/m);
  const { problems, policies } = byHook(uncommented);
  assert.equal(problems, []);
  assert.equal(policies, [{ pattern: 'ci/*', policy: 'Never' }]);
});

test.run();
