/** receipt-child.ts STATE ROOT BLOB FILE: reads a blob in full, remembers it as good, and says what became of that. */
import { hashFile } from '../../lib/digest/hash-file.js';
import { writeReceipt } from '../../lib/trust/receipts.js';
import { openState } from '../../lib/trust/state-directory.js';

const [directory = '', root = '', blob = '', path = ''] = process.argv.slice(2);
const state = await openState(directory, root);
const read = { blob, path, hashed: await hashFile(path), result: 'good', structure: 'unknown', tool: 'test' } as const;
const outcome = await writeReceipt(state, read);
process.stdout.write(`${outcome.kind}\n`);
if (outcome.kind === 'not-written') process.stdout.write(`${outcome.problem}\n`);
