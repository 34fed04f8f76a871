import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAtOf } from '../../../lib/file/read-at.js';
import type { Finding } from '../../../lib/finding/finding.js';
import { readHeader } from '../../../lib/qcow2/header.js';
import { walkTables } from '../../../lib/qcow2/tables.js';
import { judgeHeader } from '../../../lib/verify/rules/qcow2-header.js';
import { judgeTables } from '../../../lib/verify/rules/qcow2-tables.js';
import { needs } from '../../support/requires.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { codes } from './qcow2-literals.js';

const test = suite('rules on the overlays that cocoon cloned from');

const fixtures = fileURLToPath(new URL('../../fixtures/overlays/', import.meta.url));
const dir = temporaryDirectory();

/** Well-formed images whose fault is where the backing file's name leads, which the rule of the backing file judges. */
const decidedByBackingName = new Set([
  ...['bare-name', 'chain-3', 'chain-10', 'chain-11', 'chain-12', 'cycle', 'file-uri', 'guest-made-header-no-format'],
  ...['missing', 'name-newline', 'name-not-utf8', 'name-trailing-nul', 'name-with-nul', 'no-backing'],
  ...['outside-copy-of-base', 'outside-qcow2', 'outside-raw-no-format', 'outside-symlink-to-base'],
  ...['relative-from-run-dir', 'upper-case-digest'],
]);
/** Of the allowed ones, those with a warning. */
const warnings = new Map([
  ['written-partly', 'overlay-unflushed'],
  ['written-unflushed', 'overlay-unflushed'],
  ['cluster-size-512', 'overlay-refcounts-short'],
  ['cluster-size-4096', 'overlay-refcounts-short'],
  ['written-flushed-4k-clusters', 'overlay-refcounts-short'],
]);

function unpack(): void {
  if (existsSync(join(dir, 'healthy.qcow2'))) return;
  execFileSync('tar', ['-xzf', join(fixtures, 'overlays.tar.gz'), '--sparse', '-C', dir]);
}

async function judge(name: string): Promise<Finding[]> {
  unpack();
  const path = join(dir, `${name}.qcow2`);
  const handle = await open(path);
  try {
    const read = readAtOf(handle, path);
    const facts = await readHeader(read, (await handle.stat()).size);
    const findings = judgeHeader(facts, path, 'overlay');
    if (facts.kind !== 'qcow2') return findings;
    return [...findings, ...judgeTables(await walkTables(read, facts.header), path, 'overlay')];
  } finally {
    await handle.close();
  }
}

const rows = readFileSync(join(fixtures, 'overlays.tsv'), 'utf8').trim().split('\n').slice(1);

test('there are 131 of them', () => {
  assert.is(rows.length, 131);
});

for (const row of rows) {
  const [name = '', verdict] = row.split('\t');
  if (verdict === 'any') {
    needs(['tar'], test, `${name} is judged one way or the other`, async () => {
      await judge(name);
    });
  } else if (verdict === 'allow' || decidedByBackingName.has(name)) {
    needs(['tar'], test, `${name} is well-formed`, async () => {
      assert.equal(codes(await judge(name)), warnings.has(name) ? [warnings.get(name)] : []);
    });
  } else {
    needs(['tar'], test, `${name} is denied`, async () => {
      assert.ok((await judge(name)).some(({ severity }) => severity === 'error'));
    });
  }
}

const expectedCodes: readonly (readonly [string, readonly string[]])[] = [
  ['backing-format-raw-for-qcow2', ['backing-format-mismatch']],
  ['corrupt-bit', ['overlay-marked-corrupt']],
  ['crypt-luks', ['overlay-encrypted']],
  ['data-file-extension-without-bit', ['external-data-file']],
  ['extended-l2', ['overlay-unsupported']],
  ['size-odd', ['overlay-malformed']],
  ['table-l2-entry-on-header', ['overlay-malformed']],
  ['table-refcount-0-of-l2', ['overlay-malformed']],
];

for (const [name, expected] of expectedCodes) {
  needs(['tar'], test, `${name} has exactly ${expected.join(', ')}`, async () => {
    assert.equal(codes(await judge(name)), expected);
  });
}

test.run();
