import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { identityAt } from '../../../lib/file/identity.js';
import { identityToRecord, RECEIPT_VERSION } from '../../../lib/trust/receipt-record.js';
import { readReceipt } from '../../../lib/trust/receipts.js';
import { encodeRecord, sealedWithChecksum } from '../../../lib/trust/record.js';
import { SEAL_VERSION } from '../../../lib/trust/seal-record.js';
import { listSeals, readSeal } from '../../../lib/trust/seals.js';
import { folderOf, openState } from '../../../lib/trust/state-directory.js';
import { baseBytes, smallNode } from '../../builders/small-node.js';
import { verifyNode } from '../../support/verify-node.js';
import { BLOB, decision, fileOf, OTHER_BLOB, type Place, place } from '../../trust/states.js';
import { byteEdits, editedBytes } from '../inputs/byte-edits.js';
import { editedText, jsonEdits } from '../inputs/json-edits.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';

type Section = 'seals' | 'receipts';

const past = { digest: `sha256:${OTHER_BLOB}`, size: 7, basis: 'pull', since: '2026-01-02T03:04:05.678Z' };
const identity = {
  inode: '12',
  size: '34',
  mtimeNs: '1795000000000000001',
  ctimeNs: '1795000000000000002',
  birthtimeNs: '0',
};

function sealOf(store: string, blob: string, digest: string) {
  const { by, tool, basis, since, size } = decision();
  const history = [{ ...past, by, tool }];
  return { version: SEAL_VERSION, store, blob, digest, size, basis, since, by, tool, history };
}

function receiptOf(store: string, blob: string, digest: string) {
  return {
    ...{ version: RECEIPT_VERSION, store, blob, digest, size: 12, identity, result: 'bad', readFrom: 'disk' },
    ...{ at: '2026-11-24T12:00:00.000Z', seconds: 0.5, tool: '0.1.0' },
    lastGood: { digest: `sha256:${BLOB}`, identity, at: '2026-11-23T12:00:00.000Z' },
  };
}

const at = once(async (): Promise<Place> => {
  const made = await place();
  for (const section of ['seals', 'receipts'] as const) mkdirSync(dirname(fileOf(made, section)), { recursive: true });
  return made;
});

const recordFor = (section: Section, store: string) =>
  section === 'seals' ? sealOf(store, BLOB, past.digest) : receiptOf(store, BLOB, past.digest);

/** What the state directory says of the blob; null where it says nothing. A seal that is there always says something. */
async function remembered(section: Section, { state }: Place): Promise<object | null> {
  if (section === 'receipts') {
    const read = await readReceipt(state, BLOB);
    if (read.kind === 'receipt') return read.receipt;
    assert.ok(read.problem, 'nobody is told that it does not count');
    return null;
  }
  const read = await readSeal(state, BLOB);
  assert.is.not(read.kind, 'none', 'a seal that is there is no seal');
  const listed = await listSeals(state);
  assert.is(listed.seals.length + listed.unreadable.length, 1);
  return read.kind === 'sealed' ? read.seal : null;
}

const section = fc.constantFrom<Section>('seals', 'receipts');
/** Whether who is neither root nor us may write. */
const isOpen = (mode: number): boolean => (mode & 0o022) !== 0;

export const properties = [
  property({
    name: 'a seal or receipt counts for what it said, and with other bytes or in others’ reach for nothing',
    inputs: fc.record({
      section,
      damage: fc.oneof(fc.constant([]), byteEdits),
      mode: fc.constantFrom(0o644, 0o600, 0o664, 0o646, 0o666),
    }),
    holds: async ({ section, damage, mode }) => {
      const here = await at();
      const record = sealedWithChecksum(recordFor(section, here.state.store));
      const file = fileOf(here, section);
      writeFileSync(file, editedBytes(Buffer.from(encodeRecord(record)), damage));
      chmodSync(file, mode);
      const said = await remembered(section, here);
      if (said === null) {
        assert.ok(damage.length > 0 || isOpen(mode), 'nothing is wrong with it');
        return;
      }
      assert.equal(JSON.parse(JSON.stringify(said)), JSON.parse(JSON.stringify(record)));
      assert.not.ok(isOpen(mode), 'anybody may have written it');
    },
    quickRuns: 400,
  }),
  property({
    name: 'a seal or receipt of other fields counts for its own blob and store, whatever its checksum says',
    inputs: fc.record({
      section,
      edits: fc.oneof(fc.constant([]), jsonEdits),
      isSummed: fc.boolean(),
      other: fc.constantFrom({}, {}, { store: '/other' }, { blob: OTHER_BLOB }),
    }),
    holds: async ({ section, edits, isSummed, other }) => {
      const here = await at();
      const { store } = here.state;
      const record = sealedWithChecksum({ ...recordFor(section, store), ...other });
      const text = editedText(record, edits);
      const file = fileOf(here, section);
      writeFileSync(file, isSummed ? summed(text) : text);
      chmodSync(file, 0o644);
      const said = await remembered(section, here);
      if (said === null) return;
      assertRecord(section, store, JSON.parse(JSON.stringify(said)));
      if (!isSummed) assert.equal(JSON.parse(JSON.stringify(said)), JSON.parse(JSON.stringify(record)));
    },
    quickRuns: 300,
  }),
  property({
    name: 'no damage to seal or receipt allows a base that they deny',
    inputs: fc.record({ seal: fc.option(byteEdits), receipt: fc.option(byteEdits) }),
    holds: async ({ seal, receipt }) => {
      const { node, files } = await wrongBase();
      for (const [section, damage] of [
        ['seals', seal],
        ['receipts', receipt],
      ] as const) {
        const { path, bytes } = files[section];
        writeFileSync(path, damage === null ? bytes : editedBytes(bytes, damage));
        chmodSync(path, 0o644);
      }
      const kept = readFileSync(files.seals.path);
      assert.is.not((await verifyNode(node)).verdict, 'allow');
      assert.ok(readFileSync(files.seals.path).equals(kept), 'the seal was written');
    },
    quickRuns: 60,
  }),
];

/** The text with the checksum that belongs to it; as it is where it is none. */
function summed(text: string): string {
  try {
    const { checksum: _, ...fields } = JSON.parse(text);
    return encodeRecord(sealedWithChecksum(fields));
  } catch {
    return text;
  }
}

/** The contract once more, in other words than the schema's. */
function assertRecord(section: Section, store: string, said: Record<string, unknown>): void {
  assert.is(said.store, store);
  assert.is(said.blob, BLOB);
  assert.is(said.version, 1);
  assert.match(String(said.digest), /^sha256:[0-9a-f]{64}$/);
  assert.ok(Number.isSafeInteger(said.size) && Number(said.size) >= 0);
  if (section === 'seals') {
    assert.ok(['name', 'pull', 'proved', 'operator'].includes(String(said.basis)));
    assert.ok(Array.isArray(said.history) && said.history.length <= 40);
  } else {
    assert.ok(['good', 'bad', 'unsealed'].includes(String(said.result)));
    assert.ok(Number.isFinite(Date.parse(String(said.at))));
  }
}

/** A base that is not what its seal says, beside a receipt that says it is: only the receipt's checksum is wrong. */
const wrongBase = once(async () => {
  const name = 'cd'.repeat(32);
  const node = smallNode({ digest: name, content: 'another' });
  const state = await openState(node.state, node.root.directory);
  const size = baseBytes('another').length;
  const seal = sealedWithChecksum({ ...sealOf(state.store, name, past.digest), size });
  const receipt = sealedWithChecksum({
    ...{ ...receiptOf(state.store, name, past.digest), size, result: 'good', lastGood: null },
    ...{ identity: identityToRecord(await identityAt(node.blob)), at: new Date().toISOString() },
  });
  const checksum = receipt.checksum.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  const file = (section: Section, record: object) => {
    const path = join(folderOf(node.state, state, section), `${name}.json`);
    mkdirSync(dirname(path), { recursive: true });
    return { path, bytes: Buffer.from(encodeRecord(record)) };
  };
  return { node, files: { seals: file('seals', seal), receipts: file('receipts', { ...receipt, checksum }) } };
});
