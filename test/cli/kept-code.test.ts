import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the code that V8 has kept of the program');
const project = fileURLToPath(new URL('../../', import.meta.url));

/** A copy of the package, whose files a test may spoil. */
function packageCopy(): string {
  const directory = temporaryDirectory();
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(project, name), join(directory, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

const codeFiles = (directory: string): string[] =>
  readdirSync(join(directory, 'dist')).flatMap((name) =>
    name.endsWith('.code') ? [join(directory, 'dist', name)] : [],
  );

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

/** Another text of the same length, which V8 alone would not notice. */
function otherText(program: string): void {
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replaceAll(' is not in the store', ' is n0t in the store'));
}

const spoilings: readonly (readonly [what: string, spoil: (path: string) => void])[] = [
  ['is as it was built', () => {}],
  ['is not there', (path) => rmSync(path)],
  ['is empty', (path) => truncateSync(path, 0)],
  ['is cut short', (path) => truncateSync(path, 1000)],
  ['has a flipped byte in its digest', (path) => flip(path, 3)],
  ['has a flipped byte', (path) => flip(path, 100_000)],
  ['is that of another text', (path) => otherText(path.replace(/\.cjs\..*$/, '.cjs'))],
];

for (const [what, spoil] of spoilings) {
  test(`changes nothing that is said when it ${what}`, () => {
    const node = smallNode();
    const directory = packageCopy();
    for (const path of codeFiles(directory)) spoil(path);
    const ask = (...words: string[]) => {
      const argv = [join(directory, 'bin/blobcheck'), ...words, ...node.options, 'app:v1'];
      return spawnSync(process.execPath, argv, { encoding: 'utf8' });
    };
    const sound = ask('verify');
    assert.is(sound.status, 0, sound.stderr);
    assert.is(ask('hook').stdout, 'allow\n');
    rmSync(node.blob);
    const missing = ask('verify');
    assert.is(missing.status, 1);
    assert.match(missing.stdout, what === 'is that of another text' ? 'is n0t in the store' : 'is not in the store');
  });
}

test('is what V8 takes, as the flags are that Node has by itself', () => {
  // What another version has built it takes for nothing.
  const files = codeFiles(project).filter((file) => file.includes(`.${process.version}-${process.arch}.`));
  assert.ok(files.length === 3 || codeFiles(project).length === 3);
  for (const file of files) {
    const text = readFileSync(file.replace(/\.cjs\..*$/, '.cjs'), 'utf8');
    const whole = `(function (exports, require, module, __filename, __dirname) { ${text}\n})`;
    // Behind the digest that is ours.
    assert.is(new Script(whole, { cachedData: readFileSync(file).subarray(32) }).cachedDataRejected, false, file);
  }
});

test.run();
