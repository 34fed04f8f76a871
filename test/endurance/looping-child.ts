/** Verifies a root over and over in one process, and prints what the process holds after a tenth of it and in the end. */
import { readdirSync } from 'node:fs';
import { verify } from '../../lib/verify/verify.js';

const [root = '', stateDir = '', times = '0', content = ''] = process.argv.slice(2);

function held() {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external, descriptors: readdirSync('/proc/self/fd').length };
}

const marks: ReturnType<typeof held>[] = [];
const all = Number(times);
const options = { location: { root, metaBackend: null }, stateDir, tool: 'test' } as const;
for (let done = 1; done <= all; done++) {
  const { verdict } = await verify(
    { snapshots: ['app:v1'] },
    { ...options, content: content === 'read' ? 'read' : 'receipt' },
  );
  if (verdict !== 'allow') throw new Error(`${verdict} after ${done}`);
  if (done === Math.ceil(all / 4) || done === all) marks.push(held());
}
process.stdout.write(JSON.stringify(marks));
