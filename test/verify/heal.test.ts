import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FindingCode } from '../../lib/finding/catalogue.js';
import { finding } from '../../lib/finding/finding.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { type ImageOrigin, withHealing } from '../../lib/verify/heal.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('heal');

const blob = 'a'.repeat(64);
const other = 'b'.repeat(64);
const blobPath = `/var/lib/cocoon/cloudimg/blobs/${blob}.qcow2`;
const url = 'https://images.example.com/win11.qcow2';

const ensure = { words: ['blobcheck', 'ensure'], values: ['simular/win11:v1'] };

function origin(changes: Partial<ImageOrigin> = {}): ImageOrigin {
  return { blob, blobPath, image: url, indexedAs: [url], imageLeadsTo: blob, ensure, place: defaultPlace, ...changes };
}

function heal(code: FindingCode, changes: Partial<ImageOrigin> = {}) {
  const [healed] = withHealing([finding(code, 'broken')], origin(changes));
  if (healed === undefined) throw new Error('a finding was lost');
  return healed;
}

const wrong = ['blob-missing', 'blob-empty', 'blob-not-regular', 'blob-size-mismatch', 'blob-corrupt'] as const;
for (const code of [...wrong, 'blob-replaced'] as const) {
  test(`a base that is missing or wrong for certain (${code}) is brought by ensure`, () => {
    const healed = heal(code);
    assert.is(healed.remedy, 'blobcheck ensure simular/win11:v1');
    assert.equal(healed.remedyArgv, ['blobcheck', 'ensure', 'simular/win11:v1']);
    assert.is(healed.message, 'broken');
  });
}

test('one whose structure alone is bad is moved aside first, because ensure overwrites nothing that may be right', () => {
  const healed = heal('blob-malformed');
  assert.is(
    healed.remedy,
    `mv -T --backup=numbered ${blobPath} ${blobPath}.aside && blobcheck ensure simular/win11:v1`,
  );
  assert.is(healed.remedyArgv, null);
});

test('one that is what its name says, and not what its seal says, is settled by a new seal: ensure would bring it again', () => {
  const found = finding('blob-corrupt', 'broken', { actual: `sha256:${blob}` });
  const [healed] = withHealing([found], origin());
  assert.is(healed?.remedy, `blobcheck seal --replace ${blob}`);
  assert.equal(healed?.remedyArgv, ['blobcheck', 'seal', '--replace', blob]);
  const [wrongContent] = withHealing([{ ...found, actual: `sha256:${other}` }], origin());
  assert.is(wrongContent?.remedy, 'blobcheck ensure simular/win11:v1');
});

test('what a fresh copy does not mend keeps its own remedy', () => {
  for (const code of [
    'blob-unsealed',
    'blob-has-backing',
    'cache-corrupt',
    'blob-unreadable',
    'overlay-malformed',
  ] as const) {
    const before = finding(code, 'broken', { remedy: 'mine', remedyArgv: ['mine'] });
    assert.equal(withHealing([before], origin()), [before], code);
  }
});

test('what a fresh copy mends gets the remedy of its origin in place of the words of the catalogue', () => {
  const [healed] = withHealing([finding('blob-corrupt', 'broken', { remedy: 'mine' })], origin());
  assert.match(healed?.remedy ?? '', 'blobcheck ensure');
  assert.is(healed?.severity, 'error');
});

test('every finding comes back, in its order', () => {
  const codes = ['blob-missing', 'blob-unsealed', 'blob-corrupt'] as const;
  const healed = withHealing(
    codes.map((code) => finding(code, code)),
    origin(),
  );
  assert.equal(
    healed.map(({ code }) => code),
    codes,
  );
});

test('a missing base whose tag has moved on names both digests and asks for the snapshot to be baked again', () => {
  const healed = heal('blob-missing', { indexedAs: [], imageLeadsTo: other });
  assert.is(healed.message, `broken; ${url} now leads to sha256:${other}`);
  assert.match(healed.remedy ?? '', 'bake the snapshot again');
  assert.ok(healed.remedy?.endsWith('blobcheck ensure --from FILE simular/win11:v1'), healed.remedy ?? '');
  assert.is(healed.remedyArgv, null);
});

test('only a missing base tells what has become of its tag', () => {
  assert.is(heal('blob-corrupt', { indexedAs: [], imageLeadsTo: other }).message, 'broken');
  assert.is(heal('blob-missing', { imageLeadsTo: null }).message, 'broken');
  assert.is(heal('blob-missing', { image: null, imageLeadsTo: other, indexedAs: [url] }).message, 'broken');
});

test('a tag that has moved on does not matter where another reference names the blob', () => {
  const still = 'https://images.example.com/win11-2026-11.qcow2';
  const healed = heal('blob-missing', { indexedAs: ['local/win11', still], imageLeadsTo: other });
  assert.is(healed.remedy, 'blobcheck ensure simular/win11:v1');
});

test('a reference that is in no index is pulled if it is a URL', () => {
  assert.is(heal('blob-missing', { indexedAs: [], imageLeadsTo: null }).remedy, 'blobcheck ensure simular/win11:v1');
});

test('a tag that still leads to the blob is pulled, and so is any reference that the index has of it', () => {
  for (const changes of [
    { indexedAs: [], imageLeadsTo: blob },
    { image: null, imageLeadsTo: null },
    { image: 'local/win11', imageLeadsTo: null },
  ]) {
    assert.is(heal('blob-missing', changes).remedy, 'blobcheck ensure simular/win11:v1');
  }
});

for (const image of ['simular/win11:v1', 'ftp://x/y', 'docker.io/a', 'xhttps://y', '']) {
  test(`${JSON.stringify(image)} is no URL, so nothing is pulled`, () => {
    const healed = heal('blob-missing', { image, indexedAs: [], imageLeadsTo: null });
    assert.match(healed.remedy ?? '', /cannot be pulled: not a URL \(.*\)$/);
    assert.match(healed.remedy ?? '', `sha256:${blob}`);
    assert.is(healed.remedyArgv, null);
  });
}

test('without a record of the image the blob is copied from another node', () => {
  const healed = heal('blob-missing', { image: null, indexedAs: [], imageLeadsTo: null });
  assert.match(healed.remedy ?? '', 'no image is named');
  assert.match(healed.remedy ?? '', 'blobcheck ensure --from FILE simular/win11:v1');
});

test('a name that looks like an option stands behind --, and what else there is before it', () => {
  const dashed = { ...ensure, values: ['-x:v1'] };
  const healed = heal('blob-missing', { image: null, indexedAs: [], imageLeadsTo: null, ensure: dashed });
  assert.match(healed.remedy ?? '', "blobcheck ensure --from FILE -- '-x:v1'");
});

test('of a converted base its content is looked for, not what its name says', () => {
  const details = { expected: `sha256:${other}`, expectedFrom: 'seal' };
  const nowhere = { image: null, indexedAs: [], imageLeadsTo: null };
  for (const [known, copied] of [
    [details, other],
    [{ expected: '7 bytes', expectedFrom: 'seal' }, blob],
  ] as const) {
    const [corrupt] = withHealing([finding('blob-corrupt', 'broken', known)], origin({ ...nowhere, ensure: null }));
    assert.is(corrupt?.remedy, `copy sha256:${copied} from a node that has it to ${blobPath}`);
    const [brought] = withHealing([finding('blob-corrupt', 'broken', known)], origin(nowhere));
    assert.match(brought?.remedy ?? '', `bring sha256:${copied} from`);
  }
});

test('where nothing can ensure it, outside cocoon, the blob is copied to its place', () => {
  for (const changes of [{ image: null, indexedAs: [], imageLeadsTo: null }, {}]) {
    const healed = heal('blob-missing', { ...changes, ensure: null });
    assert.is(healed.remedy, `copy sha256:${blob} from a node that has it to ${blobPath}`);
    assert.is(healed.remedyArgv, null);
  }
});

test('a hostile name is quoted', () => {
  const hostile = "x';$(id)#";
  const healed = heal('blob-missing', { ensure: { ...ensure, values: [hostile] } });
  assert.is(healed.remedy, `blobcheck ensure 'x'\\'';$(id)#'`);
  assert.equal(healed.remedyArgv, ['blobcheck', 'ensure', hostile]);
});

test('a name that cannot be pasted gets words', () => {
  for (const changes of [{}, { image: null, indexedAs: [], imageLeadsTo: null }]) {
    const healed = heal('blob-corrupt', { ...changes, ensure: { ...ensure, values: ['x\n'] } });
    assert.not.match(healed.remedy ?? '', '\n');
    assert.is(healed.remedyArgv, null);
  }
});

test('words begin with ours, and what a hostile record says stands quoted behind them', () => {
  const image = "x'; touch /tmp/owned #";
  const healed = heal('blob-missing', { image, indexedAs: [], imageLeadsTo: null });
  assert.match(healed.remedy ?? '', /^bring sha256:/);
  assert.ok(healed.remedy?.endsWith(`not a URL ('x'\\''; touch /tmp/owned #')`), healed.remedy ?? '');
  assert.is(healed.remedyArgv, null);
});

test('a base that was moved aside before is not overwritten, nor moved into a directory of that name', () => {
  const place = temporaryDirectory();
  const path = join(place, `${blob}.qcow2`);
  const remedy = heal('blob-malformed', { blobPath: path }).remedy ?? '';
  const move = remedy.slice(0, remedy.indexOf(' && '));
  for (const bytes of ['first', 'second']) {
    writeFileSync(path, bytes);
    assert.is(spawnSync('sh', ['-c', move]).status, 0);
  }
  assert.equal(readdirSync(place).sort(), [`${blob}.qcow2.aside`, `${blob}.qcow2.aside.~1~`]);
  assert.is(readFileSync(`${path}.aside`, 'utf8'), 'second');
  assert.is(readFileSync(`${path}.aside.~1~`, 'utf8'), 'first');
});

test.run();
