/** Verifies a root over and over in one process, and prints what the process holds after a tenth of it and in the end. */
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { verify } from '../../lib/verify/verify.js';

const [root = '', stateDir = '', times = '0', content = ''] = process.argv.slice(2);

/** Collections of garbage after which what is still there is held: memory outside the heap goes with the one after. */
const COLLECTIONS = 8;

async function held() {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < COLLECTIONS; at++) {
    globalThis.gc?.();
    await setImmediate();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return { rss: process.memoryUsage.rss(), heap: least, descriptors: readdirSync('/proc/self/fd').length };
}

const marks: Awaited<ReturnType<typeof held>>[] = [];
const all = Number(times);
const options = { location: { root, metaBackend: null }, stateDir, tool: 'test' } as const;
for (let done = 1; done <= all; done++) {
  const { verdict } = await verify(
    { snapshots: ['app:v1'] },
    { ...options, content: content === 'read' ? 'read' : 'receipt' },
  );
  if (verdict !== 'allow') throw new Error(`${verdict} after ${done}`);
  if (done === Math.ceil(all / 4) || done === all) marks.push(await held());
}
process.stdout.write(JSON.stringify(marks));
