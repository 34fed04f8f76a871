import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Player } from './transcript.js';

export async function usage({ run }: Player): Promise<void> {
  const words = [
    ['nope'],
    ['image', 'pull'],
    ['image', 'inspect', 'a', 'b'],
    ['image', 'list', '--nope'],
    ['image', '-x'],
    ['image', 'pull', '--force=maybe', 'x'],
    ['image', 'list', '-o'],
    ['image', 'list', '--format'],
    ['vm', 'clone'],
    ['vm', 'clone', '--cpu', 'x', 'y'],
    ['--nope', 'image', 'list'],
    ['--root-dir', '', 'image', 'list'],
    ['--dns', 'word', 'image', 'list'],
    ['--log-level', 'loud', 'image', 'list'],
    ['image', 'ls', '-ojson'],
    ['image', 'list', 'more', 'words'],
    ['image', '--log-level=warn', 'ls', '-o=json'],
    ['vm', 'ls'],
    ['snapshot', 'ls'],
  ];
  for (const args of words) await run(args);
}

export async function settings({ run, node }: Player): Promise<void> {
  const files = {
    'bad.json': '{',
    'list.json': '[]',
    'empty.yaml': '',
    'number.json': '{"stop_timeout_seconds":0}',
    'word.json': '{"stop_timeout_seconds":"word"}',
    'level.json': '{"log":{"level":"loud"}}',
    none: '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(node.directory, name), text);
  for (const name of [...Object.keys(files), 'missing.json']) await run(['--config', name, 'image', 'list']);
}
