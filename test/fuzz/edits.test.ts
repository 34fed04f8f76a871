/** Edits that do nothing, or something else, would leave properties with nothing to hold against. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ByteEdit, editedBytes } from './inputs/byte-edits.js';
import { editedText, type JsonEdit } from './inputs/json-edits.js';

const test = suite('edits');

const bytes = Buffer.from('XY');
const byteExamples: readonly (readonly [ByteEdit, string])[] = [
  [{ how: 'set', at: 1, bytes }, 'aXYde'],
  [{ how: 'set', at: 4, bytes }, 'abcdXY'],
  [{ how: 'insert', at: 6, bytes }, 'aXYbcde'],
  [{ how: 'append', bytes }, 'abcdeXY'],
  [{ how: 'flip', at: 2, bit: 1 }, 'abade'],
  [{ how: 'drop', at: 1, length: 2 }, 'ade'],
  [{ how: 'copy', at: 0, from: 3, length: 9 }, 'decde'],
  [{ how: 'cut', at: 2 }, 'ab'],
];

test('each change of bytes does what it says, and leaves the original as it was', () => {
  const original = Buffer.from('abcde');
  for (const [edit, changed] of byteExamples) {
    const edited = editedBytes(original, [edit]);
    assert.is(edited.toString(), changed, edit.how);
    edited.fill(0);
    assert.is(original.toString(), 'abcde', edit.how);
  }
});

const value = { raw: '1E400' };
/** `"s"` is the first value, `true` the second, the list around it the third, the document the last. */
const document = { kite: 's', list: [true] };
const jsonExamples: readonly (readonly [JsonEdit, string])[] = [
  [{ how: 'drop', at: 0 }, '{"list":[true]}'],
  [{ how: 'drop', at: 1 }, '{"kite":"s","list":[]}'],
  [{ how: 'drop', at: 3 }, ''],
  [{ how: 'value', at: 5, value }, '{"kite":"s","list":[1E400]}'],
  [{ how: 'copy', at: 0, from: 2 }, '{"kite":[true],"list":[true]}'],
  [{ how: 'rename', at: 2, key: '__proto__' }, '{"kite":"s","__proto__":[true]}'],
  [{ how: 'respell', at: 0, spelling: 1, escaped: false }, '{"KITE":"s","list":[true]}'],
  [{ how: 'respell', at: 0, spelling: 3, escaped: false }, '{"\u212aite":"s","list":[true]}'],
  [{ how: 'respell', at: 0, spelling: 0, escaped: true }, '{"\\u006bite":"s","list":[true]}'],
  [{ how: 'repeat', at: 0, value, spelling: 0, first: true }, '{"kite":1E400,"kite":"s","list":[true]}'],
  [{ how: 'repeat', at: 0, value: null, spelling: 2, first: false }, '{"kite":"s","Kite":"s","list":[true]}'],
  [{ how: 'repeat', at: 1, value, spelling: 0, first: false }, '{"kite":"s","list":[true,1E400]}'],
  [{ how: 'add', at: 3, key: '', value }, '{"kite":"s","list":[true],"":1E400}'],
  [{ how: 'deepen', at: 0, depth: 2 }, '{"kite":[["s"]],"list":[true]}'],
];

test('each change of a document does what it says', () => {
  for (const [edit, changed] of jsonExamples) assert.is(editedText(document, [edit]), changed, JSON.stringify(edit));
});

test('an edit comes upon what those before it have made, as it is spelled there', () => {
  const escaped: JsonEdit = { how: 'respell', at: 0, spelling: 0, escaped: true };
  const after: readonly JsonEdit[] = [escaped, { how: 'add', at: 3, key: 'x', value }, { how: 'drop', at: 3 }];
  assert.is(editedText(document, after), '{"\\u006bite":"s","list":[true]}');
  const deep = editedText(document, [escaped, { how: 'deepen', at: 1, depth: 200_000 }]);
  assert.is(deep.length, '{"\\u006bite":"s","list":[true]}'.length + 400_000);
  assert.is(editedText(document, [{ how: 'drop', at: 3 }, escaped]), '');
});

test.run();
