import { closeSync, openSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileIdentity } from '../../lib/file/identity.js';
import type { OpenFile } from '../../lib/file/open-file.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { identityToRecord, type Receipt } from '../../lib/trust/receipt-record.js';
import type { Seal } from '../../lib/trust/seal-record.js';
import type { BlobOptions } from '../../lib/verify/blob-content.js';
import { judgeByReceipt } from '../../lib/verify/blob-receipt.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('what a receipt says of a base that nobody reads');

const blob = 'ab'.repeat(32);
const digestOf = (text: string) => `sha256:${text.repeat(32)}`;
const identity: FileIdentity = { inode: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n, birthtimeNs: 6n };
const MINUTE = 60_000;

const receiptOf = (changes: Partial<Receipt> = {}): Receipt => ({
  version: 1,
  checksum: '',
  store: '/blobs',
  blob,
  digest: digestOf('ab'),
  size: 3,
  identity: identityToRecord(identity),
  result: 'good',
  structure: 'sound',
  readFrom: 'disk',
  at: new Date(Date.now() - MINUTE).toISOString(),
  seconds: 1,
  tool: 'test',
  lastGood: null,
  ...changes,
});

const sealOf = (digest: string): Seal => {
  const at = '2026-11-24T12:00:00.000Z';
  return {
    version: 1,
    checksum: '',
    store: '/blobs',
    blob,
    digest,
    size: 3,
    basis: 'operator',
    since: at,
    by: { name: 'root', uid: 0 },
    tool: 'test',
    history: [],
  };
};

interface Case {
  readonly receipt: Receipt | null;
  readonly seal?: Seal | null;
  readonly sealProblem?: string | null;
  readonly options?: Partial<BlobOptions>;
  /** Where the file lies. */
  readonly place?: string;
  readonly found?: FileIdentity;
}

/** How it is judged, and as what; null where only reading can tell. */
async function answer({
  receipt,
  seal = sealOf(digestOf('ab')),
  sealProblem = null,
  options,
  place,
  found = identity,
}: Case) {
  const fd = openSync(place ?? temporaryDirectory(), 'r');
  try {
    const asked = {
      content: 'receipt',
      maxAgeMs: 10 * MINUTE,
      readsOverdue: false,
      ledger: { problems: new Set() },
      place: defaultPlace,
      ...options,
    };
    const judged = await judgeByReceipt({ blob, path: '/blobs/x', indexedBytes: [] }, asked as BlobOptions, {
      handle: { fd } as OpenFile,
      identity: found,
      remembered: { seal, sealProblem, receipt },
      structureBad: false,
    });
    return judged && { ...judged.report, codes: judged.findings.map(({ code }) => code) };
  } finally {
    closeSync(fd);
  }
}

const good = { actual: digestOf('ab'), how: 'receipt', readFrom: 'disk', seconds: null, codes: [] as string[] };
const quickly = { content: 'remembered' } as const;
const bad = receiptOf({ result: 'bad', digest: digestOf('cd') });

needs(['receipts'], test, 'a good one speaks for the file that has a seal of the same content', async () => {
  assert.equal(await answer({ receipt: receiptOf() }), good);
  assert.equal(await answer({ receipt: receiptOf(), options: quickly }), good);
  assert.is(await answer({ receipt: null }), null);
  assert.is(await answer({ receipt: receiptOf(), seal: null }), null);
  assert.is(await answer({ receipt: receiptOf(), seal: sealOf(digestOf('cd')) }), null);
  assert.is(await answer({ receipt: receiptOf(), sealProblem: 'torn' }), null);
  assert.is(await answer({ receipt: receiptOf(), found: { ...identity, ctimeNs: 7n } }), null);
  assert.is(await answer({ receipt: receiptOf(), options: { content: 'read' } }), null);
});

needs(['receipts'], test, 'one that is overdue says so, unless the base is read again at once', async () => {
  const options = { maxAgeMs: 1 };
  assert.equal(await answer({ receipt: receiptOf(), options }), { ...good, codes: ['verification-overdue'] });
  assert.is(await answer({ receipt: receiptOf(), options: { ...options, readsOverdue: true } }), null);
  assert.equal(await answer({ receipt: receiptOf(), options: { readsOverdue: true } }), good);
});

needs(['receipts'], test, 'one that denies speaks to who cannot wait, and to nobody else', async () => {
  const denied = { ...good, actual: digestOf('cd') };
  assert.equal(await answer({ receipt: bad, options: quickly }), { ...denied, codes: ['blob-corrupt'] });
  assert.is(await answer({ receipt: bad }), null);
  assert.is(await answer({ receipt: bad, seal: null, sealProblem: 'torn', options: quickly }), null);
  const unsealed = receiptOf({ result: 'unsealed', digest: digestOf('cd') });
  assert.equal(await answer({ receipt: unsealed, seal: null, options: quickly }), {
    ...denied,
    codes: ['blob-unsealed'],
  });
  const lastGood = { digest: digestOf('ab'), identity: identityToRecord({ ...identity, inode: 9n }), at: bad.at };
  const replaced = await answer({ receipt: { ...bad, lastGood }, options: quickly });
  assert.equal(replaced?.codes, ['blob-replaced']);
});

needs(['receipts'], test, 'what a receipt calls bad and the seal calls good is nobody’s word', async () => {
  assert.is(await answer({ receipt: receiptOf({ result: 'bad' }), options: quickly }), null);
  assert.is(await answer({ receipt: receiptOf({ result: 'unsealed' }), seal: null, options: quickly }), null);
});

test('where identities prove nothing no receipt speaks', async () => {
  for (const place of ['/proc', '/sys', '/dev']) assert.is(await answer({ receipt: receiptOf(), place }), null, place);
});

test.run();
