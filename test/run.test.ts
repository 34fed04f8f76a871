import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryDirectory } from './support/temporary.js';

const test = suite('the test command');

const project = fileURLToPath(new URL('..', import.meta.url));
const uvu = import.meta.resolve('uvu');

/** Runs the test command over files of these contents. */
function run(files: Readonly<Record<string, string>>): { status: number | null; last: string; stdout: string } {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(
      join(directory, `${name}.test.ts`),
      `import { suite } from '${uvu}';\nconst t = suite('s');\n${content}\n`,
    );
  }
  const argv = ['--import', 'tsx', 'test/run.ts', '--root', directory];
  const env = { ...process.env, BLOBCHECK_TEST_SILENCE: '5' };
  const child = spawnSync(process.execPath, argv, { cwd: project, encoding: 'utf8', env });
  return { status: child.status, last: child.stdout.trimEnd().split('\n').at(-1) ?? '', stdout: child.stdout };
}

const passing = "t('a', () => {}); t.run();";

test('a file whose tests pass, or are skipped by name, passes', () => {
  const { status, last } = run({ good: passing, skipping: "t.skip('b', () => {}); t.run();" });
  assert.is(status, 0);
  assert.is(last, '1 passed, 0 failed, 1 skipped');
});

const broken: Readonly<Record<string, string>> = {
  'a test that fails': "t('a', () => { throw new Error('no'); }); t.run();",
  'a `before` hook that throws, after which uvu exits with 0':
    "t.before(() => { throw new Error('no'); }); t('a', () => {}); t.run();",
  'a file that forgets to run its suite': "t('a', () => {});",
  'a file without a test': 't.run();',
  'a file that ends in the middle': "t('a', () => process.exit(0)); t.run();",
  'a file that cannot be loaded': "import './nothing.js';",
};

for (const [what, content] of Object.entries(broken)) {
  test(`${what} is a failure`, () => {
    const { status, last } = run({ good: passing, bad: content });
    assert.is(status, 1);
    assert.match(last, /^\d+ passed, [1-9]\d* failed/);
  });
}

const hanging = "t('b', () => new Promise(() => setInterval(() => {}, 1000))); t.run();";

test('a file that says nothing any more is a failure, and what it has started keeps nobody waiting', () => {
  const starts = "import { spawn } from 'node:child_process'; spawn('sleep', ['60'], { stdio: 'inherit' });";
  const { status, last, stdout } = run({ good: passing, hanging: `${starts} ${passing.replace('t.run();', hanging)}` });
  assert.is(status, 1);
  assert.match(last, /^1 passed, [1-9]\d* failed/);
  assert.match(stdout, 'killed: it said nothing for 5 seconds');
});

test('a file whose process hangs before it has said anything is started once more', () => {
  const mark = join(temporaryDirectory(), 'started');
  const once = `import { existsSync, writeFileSync } from 'node:fs';
    if (!existsSync('${mark}')) { writeFileSync('${mark}', ''); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }`;
  assert.is(run({ late: `${once}\n${passing}` }).last, '1 passed, 0 failed');
});

test('no file at all is a failure', () => {
  const { status, last } = run({});
  assert.is(status, 1);
  assert.is(last, '0 passed, 1 failed');
});

test.run();
