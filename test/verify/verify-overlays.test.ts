import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OverlaysRequest, verifyOverlays } from '../../lib/verify/verify-overlays.js';
import { baseBytes, diskBytes, overlayOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { whatReceiptsNeed } from './blobs.js';

const test = suite('overlays outside cocoon');

const digest = sha256(baseBytes('outside'));

/** A directory with a blob and the overlay `over.qcow2`, which may name what it wants. */
function outside(overlay: (blob: string) => Buffer | null = (blob) => overlayOn(blob)) {
  const directory = temporaryDirectory();
  const blobs = join(directory, 'blobs');
  const blob = join(blobs, `${digest}.qcow2`);
  const path = join(directory, 'over.qcow2');
  mkdirSync(blobs);
  writeFileSync(blob, baseBytes('outside'));
  const bytes = overlay(blob);
  if (bytes !== null) writeFileSync(path, bytes);
  const judged = async (request: Partial<OverlaysRequest> = {}, onProgress = () => {}) =>
    await verifyOverlays(
      { overlays: [path], blobs, ...request },
      { stateDir: join(directory, 'state'), tool: 'test', onProgress },
    );
  return { directory, blobs, blob, path, judged };
}

const standing: readonly (readonly [string, (blob: string) => Buffer])[] = [
  ['by its path', (blob) => overlayOn(blob)],
  ['by a name from where it lies', () => overlayOn(`blobs/${digest}.qcow2`)],
  ['without its format', (blob) => overlayOn(blob, null)],
];
for (const [what, overlay] of standing) {
  test(`that name a sound blob ${what} are allowed, with what they stand on`, async () => {
    const { blob, path, judged } = outside(overlay);
    const report = await judged();
    assert.equal([report.root, report.engine, report.verdict], [null, null, 'allow']);
    const [entry] = report.overlays;
    assert.equal([entry?.ref, entry?.id, entry?.verdict, codesOf(entry)], [path, null, 'allow', []]);
    const chain = [{ path: blob, format: 'qcow2', digest: `sha256:${digest}` }];
    const disk = { file: 'over.qcow2', role: 'cow', format: 'qcow2', virtualSize: diskBytes, dirty: true, chain };
    assert.equal(entry?.disks, [disk]);
    assert.equal(
      entry?.blobs.map(({ path: of, basis, how }) => [of, basis, how]),
      [[blob, 'name', 'hashed']],
    );
  });
}

const refused: readonly (readonly [string, string, (blob: string) => Buffer | null])[] = [
  ['are not there', 'snapshot-file-missing', () => null],
  ['are no qcow2', 'overlay-malformed', () => Buffer.from('no image')],
  ['name no base', 'backing-none', () => baseBytes('')],
  ['stand on another file', 'backing-outside-store', () => overlayOn('/etc/shadow')],
  ['stand on what is called like a blob elsewhere', 'backing-outside-store', () => overlayOn(`./${digest}.qcow2`)],
  ['stand on a blob that is not there', 'blob-missing', (blob) => overlayOn(blob.replace(digest, 'ab'.repeat(32)))],
];
for (const [what, code, overlay] of refused) {
  test(`that ${what} are denied`, async () => {
    const [entry] = (await outside(overlay).judged()).overlays;
    assert.equal([entry?.verdict, entry?.findings[0]?.code], ['deny', code]);
  });
}

test('that do not say the format of what is no base are denied for that, too', async () => {
  const [entry] = (await outside(() => overlayOn('/etc/shadow', null)).judged()).overlays;
  assert.equal(codesOf(entry), ['backing-outside-store', 'backing-format-missing']);
  assert.equal([entry?.disks[0]?.chain, entry?.blobs], [[], []]);
});

test('whose blob is damaged are denied, with words instead of a command: nothing is known to bring it', async () => {
  const { blob, judged } = outside();
  writeFileSync(blob, 'x', { flag: 'a' });
  const [entry] = (await judged()).overlays;
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-unsealed']]);
  const words = `copy sha256:${digest} from a node that has it to ${blob}`;
  assert.equal([entry?.findings[0]?.remedy, entry?.findings[0]?.remedyArgv], [words, null]);
  rmSync(blob);
  const [found] = (await judged()).overlays[0]?.findings ?? [];
  assert.equal([found?.code, found?.subject, found?.remedyArgv], ['blob-missing', blob, null]);
  assert.match(found?.remedy ?? '', `copy sha256:${digest} from a node that has it to ${blob}`);
});

test('whose directory of blobs is not there are not judged', async () => {
  const { blobs, judged } = outside();
  rmSync(blobs, { recursive: true });
  for (const asked of [blobs, join(blobs, 'in it')]) {
    const { verdict, overlays, findings } = await judged({ blobs: asked });
    const [found] = findings;
    assert.equal([verdict, overlays, found?.code, found?.subject], ['unverified', [], 'file-unreadable', asked]);
    assert.match(found?.remedy ?? '', 'name the directory');
    writeFileSync(blobs, '');
  }
});

test('whose directory of blobs cannot be looked for are not judged', async () => {
  const { directory, judged } = outside();
  symlinkSync('loop', join(directory, 'loop'));
  const { verdict, findings } = await judged({ blobs: join(directory, 'loop') });
  assert.equal([verdict, findings[0]?.code], ['unverified', 'file-unreadable']);
  assert.match(findings[0]?.message ?? '', 'ELOOP');
});

test('whose directory of blobs is a link are judged by what it leads to', async () => {
  const { directory, blobs, path, judged } = outside();
  const link = join(directory, 'link');
  symlinkSync(blobs, link);
  assert.is((await judged({ blobs: link })).verdict, 'allow');
  writeFileSync(path, overlayOn(join(link, `${digest}.qcow2`)));
  assert.is((await judged({ blobs: link })).verdict, 'allow');
  assert.equal(codesOf((await judged()).overlays[0]), ['backing-outside-store']);
});

test('are the files that are opened by their names: behind a link `..` leads where the kernel goes', async () => {
  const { directory, blobs, path, judged } = outside();
  const there = temporaryDirectory();
  mkdirSync(join(there, 'sub'));
  symlinkSync(join(there, 'sub'), join(directory, 'link'));
  writeFileSync(join(there, 'over.qcow2'), overlayOn('/etc/shadow'));
  const [entry] = (await judged({ overlays: [`${directory}/link/../over.qcow2`] })).overlays;
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['backing-outside-store']]);
  // The directory of the bases, too.
  symlinkSync(join(blobs, '..'), join(there, 'sub/up'));
  mkdirSync(join(directory, 'decoy'));
  symlinkSync(join(directory, 'decoy'), join(there, 'to'));
  assert.is((await judged({ blobs: `${there}/to/../blobs` })).overlays[0]?.verdict, 'allow');
  mkdirSync(join(there, 'blobs'));
  assert.is((await judged({ blobs: `${there}/to/../blobs`, overlays: [path] })).overlays[0]?.verdict, 'allow');
});

test('that a pattern does not find are an entry of their own, never "all well"', async () => {
  const { path, judged } = outside();
  const { verdict, overlays } = await judged({ unmatched: ['none*'] });
  assert.is(verdict, 'deny');
  assert.equal(
    overlays.map(({ ref, verdict: one }) => [ref, one]),
    [
      [path, 'allow'],
      ['none*', 'deny'],
    ],
  );
  const [found] = overlays[1]?.findings ?? [];
  assert.equal(
    [found?.code, found?.subject, found?.message],
    ['snapshot-not-found', 'none*', 'no overlay matches none*'],
  );
  assert.match(found?.remedy ?? '', 'check the pattern of --overlay');
});

const meddling: readonly (readonly [string, (path: string) => void])[] = [
  ['written to', (path) => writeFileSync(path, 'x', { flag: 'r+' })],
  ['removed', (path) => rmSync(path)],
  [
    'replaced',
    (path) => {
      cpSync(path, `${path}.new`);
      rmSync(path);
      cpSync(`${path}.new`, path);
    },
  ],
];
for (const [what, meddle] of meddling) {
  test(`that are ${what} while their base is read are not allowed`, async () => {
    const { path, judged } = outside();
    const [entry] = (await judged({}, () => meddle(path))).overlays;
    assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-changed']]);
    assert.is(entry?.findings[0]?.subject, path);
  });
}

test('that name their base by a link are not allowed when it leads elsewhere by the time that the base is read', async () => {
  const { directory, blobs, blob, judged } = outside(() => overlayOn(`link/${digest}.qcow2`));
  const link = join(directory, 'link');
  symlinkSync(blobs, link);
  assert.is((await judged()).verdict, 'allow');
  const evil = join(directory, 'evil');
  cpSync(blobs, evil, { recursive: true });
  const meddle = () => {
    rmSync(link);
    symlinkSync(evil, link);
  };
  rmSync(join(directory, 'state'), { recursive: true, force: true });
  const [entry] = (await judged({}, meddle)).overlays;
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-changed']]);
  assert.is(entry?.findings[0]?.subject, blob);
});

needs(await whatReceiptsNeed(), test, 'whose base was last read too long ago have it read again at once', async () => {
  const { directory, blobs, blob, path } = outside();
  await settled(blob);
  const judged = async (maxAgeMs?: number) => {
    const options = {
      stateDir: join(directory, 'state'),
      tool: 'test',
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    };
    const [entry] = (await verifyOverlays({ overlays: [path], blobs }, options)).overlays;
    return [entry?.verdict, codesOf(entry), entry?.blobs[0]?.how];
  };
  assert.equal(await judged(), ['allow', [], 'hashed']);
  assert.equal(await judged(), ['allow', [], 'receipt']);
  assert.equal(await judged(0), ['allow', [], 'hashed']);
});

test('that cannot be opened are not judged', async () => {
  const name = 'o'.repeat(300);
  const { directory, judged } = outside();
  const [entry] = (await judged({ overlays: [join(directory, name)] })).overlays;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-unreadable']]);
  assert.match(entry?.findings[0]?.message ?? '', 'the overlay cannot be opened: ENAMETOOLONG');
});

test.run();
