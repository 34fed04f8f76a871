/** full-child.ts MOUNT: what writing says on a small tmpfs that is nearly full, full, and read-only, as JSON. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../lib/errors.js';
import { openState } from '../../lib/trust/state-directory.js';
import { removeStateFile, writeStateFile } from '../../lib/trust/write-state-file.js';

const [mount = ''] = process.argv.slice(2);
const state = await openState(join(mount, 'state'), mount);
const write = (text: string) => writeStateFile(state, 'receipts', 'file', text);
await write('old');

const filler = fs.openSync(join(mount, 'filler'), 'w');
try {
  for (;;) fs.writeSync(filler, Buffer.alloc(4096));
} catch (error) {
  if (systemErrorCode(error) !== 'ENOSPC') throw error;
}
// One page is free: a write of two is cut short before the next one fails.
fs.ftruncateSync(filler, fs.fstatSync(filler).size - 4096);
const partly = await write('x'.repeat(8000));
fs.writeSync(filler, Buffer.alloc(4096), 0, 4096, fs.fstatSync(filler).size);
const full = await write('new');
fs.closeSync(filler);
execFileSync('mount', ['-o', 'remount,bind,ro', mount]);
const readOnly = await write('new');
const removed = await removeStateFile(state, 'receipts', 'file');
const newDirectory = await writeStateFile(state, 'seals', 'file', 'new');

const content = fs.readFileSync(join(mount, 'state', 'receipts', state.key, 'file'), 'utf8');
const names = fs.readdirSync(join(mount, 'state', 'receipts'));
const { key } = state;
process.stdout.write(JSON.stringify({ partly, full, readOnly, removed, newDirectory, content, names, key }));
