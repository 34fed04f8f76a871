/** seal-child.ts STATE ROOT write|replace SIZE TIMES: seals one blob at once, several times, and says how it went. */
import { replaceSeal, writeSeal } from '../../lib/trust/seals.js';
import { openState } from '../../lib/trust/state-directory.js';
import { decision } from './states.js';

const [directory = '', root = '', verb, size, times] = process.argv.slice(2);
const state = await openState(directory, root);
const write = verb === 'replace' ? replaceSeal : writeSeal;
const one = async () => {
  const result = await write(state, decision({ size: Number(size), basis: 'operator' }));
  const told = result.kind === 'written' || result.kind === 'kept' ? result.seal.size : JSON.stringify(result);
  process.stdout.write(`${result.kind} ${told}\n`);
};
await Promise.all(Array.from({ length: Number(times) }, one));
