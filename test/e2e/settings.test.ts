/** Which root cocoon 0.3.8 takes: the directory that a command makes shows it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cocoonNeeds, runCocoon } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('where cocoon looks');

interface Case {
  readonly args?: (directory: string) => readonly string[];
  readonly env?: (directory: string) => NodeJS.ProcessEnv;
  readonly config?: (directory: string) => readonly [name: string, text: string];
}

/** The names of the directories that `image list` made its root. */
async function rootsOf({ args = () => [], env = () => ({}), config }: Case): Promise<string[]> {
  const directory = temporaryDirectory();
  const [name, text] = config?.(directory) ?? ['', ''];
  if (name !== '') writeFileSync(join(directory, name), text);
  const options = name === '' ? [] : ['--config', name];
  const run = await runCocoon([...options, ...args(directory)], { cwd: directory, env: env(directory) });
  assert.is(run.status, 0, run.stderr);
  return ['flag', 'variable', 'file', 'relative'].filter((root) => existsSync(join(directory, root, 'cloudimg')));
}

const list = ['image', 'list'];
const inJson = (directory: string) => ['cocoon.json', JSON.stringify({ ROOT_dir: join(directory, 'file') })] as const;

const cases: readonly [string, string, Case][] = [
  ['a flag before the command', 'flag', { args: (directory) => ['--root-dir', join(directory, 'flag'), ...list] }],
  ['a flag behind the command', 'flag', { args: (directory) => [...list, `--root-dir=${join(directory, 'flag')}`] }],
  [
    'the last of two flags',
    'flag',
    { args: (directory) => ['--root-dir', 'variable', ...list, '--root-dir', join(directory, 'flag')] },
  ],
  ['a relative path, from where it runs', 'relative', { args: () => ['--root-dir', 'relative', ...list] }],
  ['a JSON file, whatever the case of its keys', 'file', { args: () => list, config: inJson }],
  ['a YAML file', 'file', { args: () => list, config: () => ['cocoon.yaml', 'root_dir: file\n'] }],
  ['a TOML file', 'file', { args: () => list, config: () => ['cocoon.toml', 'root_dir = "file"\n'] }],
  [
    'the variable before the file',
    'variable',
    { args: () => list, config: inJson, env: (directory) => ({ COCOON_ROOT_DIR: join(directory, 'variable') }) },
  ],
  [
    'the flag before the variable',
    'flag',
    { args: () => [...list, '--root-dir', 'flag'], env: () => ({ COCOON_ROOT_DIR: 'variable' }) },
  ],
  [
    'the file where the variable is empty',
    'file',
    { args: () => list, config: inJson, env: () => ({ COCOON_ROOT_DIR: '' }) },
  ],
];

for (const [what, root, one] of cases) {
  needs(cocoonNeeds, test, `the root is that of ${what}`, async () => {
    assert.equal(await rootsOf(one), [root]);
  });
}

test.run();
