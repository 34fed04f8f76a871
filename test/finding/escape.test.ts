import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeText, hasControls } from '../../lib/finding/escape.js';

const test = suite('escape');

/** Every code unit from first to last, one character each. */
function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index));
}

function escapeOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}

const unsafe: readonly (readonly [string, readonly string[]])[] = [
  ['C0 control characters', range(0x00, 0x1f)],
  ['DEL and C1 control characters', range(0x7f, 0x9f)],
  ['bidirectional controls', [...range(0x202a, 0x202e), ...range(0x2066, 0x2069), '\u200e', '\u200f', '\u061c']],
  ['line and paragraph separators', ['\u2028', '\u2029']],
  ['invisible characters', ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad']],
  ['lone surrogates', ['\ud800', '\udbff', '\udc00', '\udfff']],
  ['tags beyond the first plane', ['\u{e0001}', '\u{e0041}']],
];

for (const [what, characters] of unsafe) {
  test(`${what} are shown as escapes`, () => {
    for (const character of characters) {
      assert.is(escapeText(`a${character}b`), `a${escapeOf(character)}b`);
      assert.ok(hasControls(`a${character}b`));
    }
  });
}

const ordinary = [
  '',
  'plain text',
  '/var/lib/cocoon/cloudimg/blobs/abc.qcow2',
  range(0x20, 0x7e).join(''),
  'Zürich, Łódź, naïve',
  'Ελληνικά, русский, עברית, العربية, 日本語, 한국어, हिन्दी',
  '👍 𝒳 🇨🇭',
  '\u00a0\u3000',
  'e\u0301',
  '\\u001b',
];
for (const text of ordinary) {
  test(`${JSON.stringify(text)} is unchanged`, () => {
    assert.is(escapeText(text), text);
    assert.not(hasControls(text));
  });
}

test('what is escaped decodes to itself as JSON', () => {
  const text = 'a\x1b[31m\u202e\u{e0001}\ud800z';
  assert.is(JSON.parse(`"${escapeText(text)}"`), text);
});

test('nothing that a terminal obeys is left of an escape sequence', () => {
  assert.is(escapeText('\x1b]0;title\x07\x1b[2J\r\n'), '\\u001b]0;title\\u0007\\u001b[2J\\u000d\\u000a');
});

test('two surrogates in the wrong order are two lone ones', () => {
  assert.is(escapeText('\udc4d\ud83d'), '\\udc4d\\ud83d');
});

test('asking twice gives the same answer', () => {
  for (let time = 0; time < 3; time += 1) assert.ok(hasControls('\x1b'));
});

test.run();
