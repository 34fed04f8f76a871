import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openStore } from '../../../lib/store/open.js';
import type { Resolution } from '../../../lib/store/store.js';
import { raw, writeDatabase } from '../../builders/cocoon-database.js';
import { buildRoot, writeIndex } from '../../builders/cocoon-root.js';
import { blobcheck } from '../../support/blobcheck.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { judged } from '../answers/judged.js';
import { deniedNode, references } from '../inputs/denied-node.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';

const pieces = [
  'A',
  'B',
  'AB',
  'a',
  '/',
  '..',
  '-',
  '--all',
  '%',
  '_',
  '*',
  '[',
  "'",
  '"',
  '\\',
  'é',
  ' ',
  '\n',
  '\u001b[31m',
];
const rare = ['\0', '\ufffd', '\uffff', '\u{10ffff}', '\u0100', '\u{1f600}', '__proto__', 'constructor', 'sha256:'];
const word = fc
  .array(fc.oneof({ arbitrary: fc.constantFrom(...pieces), weight: 5 }, fc.constantFrom(...rare)), { maxLength: 4 })
  .map((parts) => parts.join(''));

interface Named {
  readonly id: string;
  readonly name: string;
  readonly state: 'normal' | 'pending' | 'deleting' | 'leased' | 'null';
}
const states = ['normal', 'normal', 'normal', 'pending', 'deleting', 'leased', 'null'] as const;
const named: fc.Arbitrary<Named> = fc.record({ id: word, name: word, state: fc.constantFrom(...states) });

/** utils/resolve.go of cocoon, over bytes as Go has them. */
function resolvedByCocoon(all: readonly Named[], ref: string): Resolution {
  const records = new Map(all.map((each) => [each.id, each]));
  const names = new Map(all.map((each) => [each.name, each.id]));
  const isThere = (id: string | undefined) => id !== undefined && (records.get(id)?.state ?? 'null') !== 'null';
  const found = (id: string, by: 'id' | 'name' | 'prefix'): Resolution => {
    const state = records.get(id)?.state ?? 'null';
    if (state === 'null') return { kind: 'not-found', deletingId: null };
    if (state === 'deleting') return { kind: 'not-found', deletingId: id };
    return state === 'pending' ? { kind: 'pending', id } : { kind: 'found', id, by };
  };
  if (isThere(ref)) return found(ref, 'id');
  const byName = names.get(ref);
  if (byName !== undefined && isThere(byName)) return found(byName, 'name');
  const start = Buffer.from(ref);
  const ids = [...records.keys()].filter((id) => Buffer.from(id).subarray(0, start.length).equals(start));
  if (start.length < 3 || ids.length === 0) return { kind: 'not-found', deletingId: null };
  return ids.length > 1 ? { kind: 'ambiguous', ids } : found(ids[0] ?? '', 'prefix');
}

const roots = once(() => {
  const json = buildRoot({ directory: temporaryDirectory() });
  return { json, sqlite: temporaryDirectory() };
});

function written(all: readonly Named[], engine: 'json' | 'sqlite'): string {
  const entries = all.map(({ id, state }) => [id, state === 'null' ? null : { pending: state === 'pending' }] as const);
  const snapshots = Object.fromEntries(entries);
  const names = Object.fromEntries(all.map(({ id, name }) => [name, id]));
  const last = new Map(all.map((each) => [each.id, each.state]));
  const marked = [...last].filter(([, state]) => state === 'deleting' || state === 'leased');
  const tombstones = Object.fromEntries(marked.map(([id, phase]) => [id, { phase }]));
  const { json, sqlite } = roots();
  if (engine === 'json') {
    writeIndex(join(json.directory, 'snapshot/db/snapshots.json'), { snapshots, names, tombstones });
    return json.directory;
  }
  rmSync(join(sqlite, 'meta'), { recursive: true, force: true });
  const texts = Object.fromEntries(entries.map(([id, record]) => [id, raw(JSON.stringify(record))]));
  writeDatabase(join(sqlite, 'meta/meta.db'), {
    rows: { snapshots__records: texts, snapshots__names: names, snapshots__tombstones: tombstones },
  });
  return sqlite;
}

const inputs = fc
  .record({ all: fc.array(named, { minLength: 1, maxLength: 6 }), other: word, which: fc.nat(20), cut: fc.nat(6) })
  .map(({ all, other, which, cut }) => ({
    all,
    ref: [other, ...all.flatMap(({ id, name }) => [id, name, [...id].slice(0, cut).join('')])][which] ?? other,
  }));

async function assertResolved(engine: 'json' | 'sqlite', all: readonly Named[], ref: string): Promise<void> {
  const store = await openStore({ root: written(all, engine), metaBackend: null });
  try {
    const [ours, theirs] = [await store.resolve(ref), resolvedByCocoon(all, ref)];
    // Of more than two that it may be two are named.
    if (ours.kind === 'ambiguous') assert.is(theirs.kind, 'ambiguous');
    else assert.equal(ours, theirs);
  } finally {
    await store.close();
  }
}

const node = once(deniedNode);

export const properties = [
  property({
    name: 'a reference leads where cocoon’s own search leads, in an index',
    inputs,
    holds: async ({ all, ref }) => await assertResolved('json', all, ref),
    quickRuns: 400,
  }),
  property({
    name: 'a reference leads where cocoon’s own search leads, in a database',
    inputs,
    holds: async ({ all, ref }) => await assertResolved('sqlite', all, ref),
    quickRuns: 30,
  }),
  property({
    name: 'a reference that names nothing is answered under its own name',
    inputs: word.filter((ref) => !references.includes(ref)),
    holds: async (ref) => {
      const report = await judged(node(), { snapshots: [ref] });
      assert.is(report.verdict, 'deny');
      assert.equal(
        report.snapshots.map((entry) => [entry.ref, ...entry.findings.map(({ code }) => code)]),
        [[ref, 'snapshot-not-found']],
      );
    },
    quickRuns: 100,
  }),
  property({
    name: 'the program takes any word behind -- for a name',
    inputs: word.filter((ref) => ref !== '' && !ref.includes('\0') && !/[*[]/.test(ref)),
    holds: (ref) => {
      const run = blobcheck([
        'verify',
        '--json',
        '--root-dir',
        node().root.directory,
        '--state-dir',
        node().state,
        '--',
        ref,
      ]);
      assert.is(run.status, 1, run.stderr);
      const [entry, ...others] = JSON.parse(run.stdout).snapshots;
      assert.equal([entry.ref, entry.findings[0].code, others.length], [ref, 'snapshot-not-found', 0]);
      assert.is(run.stderr, '');
    },
    quickRuns: 6,
  }),
];
