/** no-proc-child.ts DIRECTORY: what is told of processes where /proc is empty, and what becomes of a file for notes, as JSON. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openersOf } from '../../lib/trust/openers.js';
import { commandOf, ownIdentity, statOf, whereIs } from '../../lib/trust/process.js';
import { startNote } from '../../lib/trust/reading-note.js';

const [directory = ''] = process.argv.slice(2);
const file = join(directory, 'lock');
await writeFile(file, 'as it was');
const handle = await open(file, 'r+');
const writer = startNote(handle, 'blob', 10);
writer.update(5, 10);
// Of a note nothing would be left.
await writer.remove();
const note = await readFile(file, 'utf8');
const { pid } = process;
const somebody = { pid, started: '1', boot: 'this', pidNamespace: 'pid:[1]' };
const told = {
  ...{ own: ownIdentity(), stat: statOf(pid), command: commandOf(pid), where: whereIs(somebody) },
  ...{ openers: [...(await openersOf([file]))], note },
};
process.stdout.write(JSON.stringify(told));
await handle.close();
