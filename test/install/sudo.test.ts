import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asksPassword } from '../../lib/install/sudo.js';

const test = suite('what sudo lets a service do');

const guard = '/opt/blobcheck/bin/cocoon-guard';
const listing = (...rules: string[]) =>
  `Matching Defaults entries for vk on node:\n    env_reset, mail_badpass\n\nUser vk may run the following commands on node:\n${rules
    .map((rule) => `    ${rule}\n`)
    .join('')}`;

const rules: readonly [string, readonly string[], boolean | null][] = [
  ['the program without a password', [`(root) NOPASSWD: ${guard}`], false],
  ['the program among others, after one tag', [`(root) NOPASSWD: /usr/local/bin/cocoon, ${guard}`], false],
  ['everything without a password', ['(ALL : ALL) NOPASSWD: ALL'], false],
  ['the program with any arguments', [`(root) NOPASSWD: ${guard} *`], false],
  ['every program of its directory', ['(root) NOPASSWD: /opt/blobcheck/bin/'], false],
  ['every program of the directory above', ['(root) NOPASSWD: /opt/blobcheck/'], null],
  ['the program with other arguments', [`(root) NOPASSWD: ${guard} vm list`], null],
  ['the program with a password', [`(root) ${guard}`], true],
  ['a tag that is taken back', [`(root) NOPASSWD: /bin/true, PASSWD: ${guard}`], true],
  ['further tags', [`(root) SETENV: NOPASSWD: ${guard}`], false],
  ['a later rule that asks again', [`(root) NOPASSWD: ${guard}`, '(ALL) ALL'], true],
  ['a later rule that does not ask', ['(ALL) ALL', `(root) NOPASSWD: ${guard}`], false],
  ['a rule for another user than root', [`(bob) NOPASSWD: ${guard}`], null],
  ['another program', ['(root) NOPASSWD: /usr/local/bin/cocoon'], null],
];

for (const [what, lines, answer] of rules) {
  const words = answer === null ? 'is not known to ask' : answer ? 'asks for a password' : 'asks for none';
  test(`${what} ${words}`, () => {
    assert.is(asksPassword(listing(...lines), guard), answer);
  });
}

test('where nobody is ever asked, no rule asks', () => {
  const text = listing(`(root) ${guard}`).replace('env_reset', '!authenticate');
  assert.is(asksPassword(text, guard), false);
});

test.run();
