/** write-child.ts STATE ROOT: writes files of 2 MB of equal letters, over one another and new ones, until it is killed. */
import { openState } from '../../lib/trust/state-directory.js';
import { createStateFile, writeStateFile } from '../../lib/trust/write-state-file.js';

const [directory = '', root = ''] = process.argv.slice(2);
const state = await openState(directory, root);
for (let i = 0; ; i++) {
  const text = String.fromCharCode(97 + (i % 26)).repeat(2_000_000);
  await Promise.all([
    writeStateFile(state, 'receipts', 'over', text),
    createStateFile(state, 'receipts', `once-${process.pid}-${i}`, text),
  ]);
  process.stdout.write('.');
}
