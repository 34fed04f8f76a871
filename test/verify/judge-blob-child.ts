/** judge-blob-child.ts BLOB [STATE]: reads and judges a blob and prints its findings as one line of JSON. */
import { basename, dirname } from 'node:path';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { openState } from '../../lib/trust/state-directory.js';
import { judgeBlob } from '../../lib/verify/blob.js';
import { ledgerOf } from '../../lib/verify/ledger.js';

const [path = '', state] = process.argv.slice(2);
const ledger = ledgerOf(await openState(state ?? null, dirname(path)), 'test');
const { findings } = await judgeBlob(
  { blob: basename(path, '.qcow2'), path, indexedBytes: [] },
  {
    engine: 'native',
    content: 'read',
    direct: false,
    maxAgeMs: 0,
    readsOverdue: false,
    place: defaultPlace,
    ledger,
    signal: undefined,
    onProgress: () => {},
  },
);
process.stdout.write(`${JSON.stringify(findings)}\n`);
