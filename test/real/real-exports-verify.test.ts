import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../lib/report/documents.js';
import {
  atCocoonsPathNeeds,
  blobcheckAtCocoonsPath,
  runAtCocoonsPath,
  unpackRealRoot,
} from '../support/at-cocoons-path.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('exports that real cocoon wrote, on the nodes that they come from');

const exports = fileURLToPath(new URL('../fixtures/real/exports', import.meta.url));

/** The file as cocoon wrote it: those that it did not compress are kept compressed. */
function exported(file: string): string {
  if (file.endsWith('.gz')) return join(exports, file);
  const path = join(temporaryDirectory(), file);
  writeFileSync(path, gunzipSync(readFileSync(join(exports, file.replace(/\.tar$/, '.plain.gz')))));
  return path;
}
const program = fileURLToPath(new URL('../../bin/blobcheck', import.meta.url));

/** The root that each comes from, and what is said of it before its base or layers are sealed. */
const archives: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['simular_win11_v1.tar', 'cocoon-root.tar.gz', 'simular/win11:v1', []],
  ['jammy_v1.tar.gz', 'cocoon-root.tar.gz', 'jammy:v1', ['blob-unsealed']],
  ['debian-data_v1.tar', 'cocoon-root.tar.gz', 'debian-data:v1', ['blob-unsealed']],
  ['oci_v1.tar.gz', 'cocoon-root-oci.tar.gz', 'oci:v1', ['blob-unsealed']],
  ['fc_v1.tar.gz', 'cocoon-root-oci.tar.gz', 'fc:v1', ['blob-unsealed']],
];
for (const [file, node, name, before] of archives) {
  needs(atCocoonsPathNeeds, test, `${file} is judged right, from a pipe and from a file`, () => {
    const root = unpackRealRoot(node);
    const state = temporaryDirectory();
    const path = exported(file);
    const script = 'cat "$1" | exec "$2" "$3" verify --json --archive - --state-dir "$4"';
    const piped = () => {
      const ran = runAtCocoonsPath(root, ['sh', '-c', script, 'sh', path, process.execPath, program, state]);
      return JSON.parse(ran.stdout) as VerifyReport;
    };
    const [first] = piped().snapshots;
    assert.equal([...new Set(first?.findings.map(({ code }) => code))], before);
    assert.equal([first?.ref, first?.id, first?.name], ['standard input', null, name]);
    assert.is(blobcheckAtCocoonsPath(root, ['seal', '--all', '--state-dir', state]).status, 0);
    assert.is(piped().verdict, 'allow');
    const ran = blobcheckAtCocoonsPath(root, ['verify', '--json', '--archive', path, '--state-dir', state]);
    const report: VerifyReport = JSON.parse(ran.stdout);
    assert.equal([ran.status, report.verdict, report.snapshots[0]?.findings], [0, 'allow', []]);
    assert.is(report.snapshots[0]?.ref, path);
  });
}

needs(atCocoonsPathNeeds, test, 'on another node each lacks its base or layers', () => {
  for (const [file, node] of archives) {
    const other = node === 'cocoon-root.tar.gz' ? 'cocoon-root-oci.tar.gz' : 'cocoon-root.tar.gz';
    const words = ['verify', '--json', '--archive', exported(file), '--state-dir', temporaryDirectory()];
    const ran = blobcheckAtCocoonsPath(unpackRealRoot(other), words);
    assert.is(ran.status, 1);
    const report: VerifyReport = JSON.parse(ran.stdout);
    assert.ok(report.snapshots[0]?.findings.some(({ code }) => code === 'blob-missing'));
  }
});

test.run();
