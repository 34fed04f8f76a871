import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whyNotConvertible } from '../../lib/remedy/convertible.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { program } from '../support/blobcheck.js';
import { cocoonUnderTest } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { bringingNeeds, codesOf, ensureWords, run, scratchIsGone, servedNode } from './node.js';

const test = suite('an image that leads elsewhere');

const secret = 'TOP-SECRET-OF-ANOTHER-TENANT';

/** A file of the host, and an image of no content that has it for its backing file. */
function leadingTo(place: string, options: readonly string[] = []): Buffer {
  const [host, image] = [join(place, 'secret.raw'), join(place, 'hostile.qcow2')];
  writeFileSync(host, Buffer.concat([Buffer.from(secret), Buffer.alloc(2 ** 20)]));
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, '-b', host, '-F', 'raw', image]);
  return readFileSync(image);
}

for (const [version, options] of [
  ['3', []],
  ['2', ['-o', 'compat=0.10']],
] as const) {
  needs(
    bringingNeeds,
    test,
    `a host file is not flattened into a base by a version ${version} image that names it`,
    async () => {
      const node = await servedNode({
        source: leadingTo(temporaryDirectory(), options),
        stored: buildQcow2({ virtualSize: 2 ** 20 }),
      });
      rmSync(node.blob);
      const report = await node.ensure();
      assert.equal([report.verdict, codesOf(report)], ['deny', ['pull-failed', 'blob-missing']]);
      assert.match(report.steps[0]?.findings[0]?.message ?? '', 'it names a backing file');
      assert.ok(!existsSync(node.blob));
      assert.ok(scratchIsGone(node));
      assert.is(spawnSync('grep', ['-rlc', secret, node.root.directory]).status, 1, 'nothing of it is in the root');
      await node.server.close();
    },
  );
}

/** A cocoon that takes its programs from where it likes. */
function cocoonWithPathOfItsOwn(): string {
  const path = join(temporaryDirectory(), 'cocoon');
  const own = process.env.PATH ?? '';
  writeFileSync(path, `#!/bin/sh\nPATH='${own}'\nexport PATH\nexec '${cocoonUnderTest}' "$@"\n`, { mode: 0o755 });
  return path;
}

needs(
  bringingNeeds,
  test,
  'what another qemu-img has converted is not believed, and what was only renamed is',
  async () => {
    const place = temporaryDirectory();
    for (const [source, code] of [
      [leadingTo(place), 'pull-failed'],
      [buildQcow2({ virtualSize: 10 * 2 ** 30, clusters: [{ index: 0, data: Buffer.from('sound') }] }), null],
    ] as const) {
      const node = await servedNode({ source, stored: buildQcow2({ virtualSize: 2 ** 20 }) });
      rmSync(node.blob);
      const env = { ...node.env, BLOBCHECK_COCOON: cocoonWithPathOfItsOwn() };
      const { status, stdout } = await run(ensureWords(node), env);
      const report = JSON.parse(stdout);
      assert.equal([status, codesOf(report)[0] ?? null], [code === null ? 0 : 1, code]);
      assert.is(existsSync(node.blob), code === null);
      await node.server.close();
    }
  },
);

needs(bringingNeeds, test, 'into the store itself nothing is sealed that another qemu-img has converted', async () => {
  const node = await servedNode({ source: leadingTo(temporaryDirectory()), image: 'http://images.example.com/other' });
  rmSync(node.blob);
  const env = { ...node.env, BLOBCHECK_COCOON: cocoonWithPathOfItsOwn() };
  const words = [process.execPath, program, 'ensure', '--image', node.url, '--json', ...node.options];
  const { status, stdout } = await run(words, env);
  assert.is(status, 1);
  const codes = JSON.parse(stdout).verify.images[0].findings.map(({ code }: { code: string }) => code);
  assert.ok(codes.includes('pull-failed') || codes.includes('blob-unsealed'), codes.join());
  await node.server.close();
});

needs(['qemu-img'], test, 'a qemu-img whose adviser says nothing converts nothing', () => {
  const place = temporaryDirectory();
  writeFileSync(join(place, 'raw'), Buffer.alloc(2 ** 20));
  const shim = fileURLToPath(new URL('../../bin/qemu-img-guard/qemu-img', import.meta.url));
  const env = {
    PATH: process.env.PATH,
    BLOBCHECK_GUARD_PATH: process.env.PATH,
    BLOBCHECK_GUARD_MARK: join(place, 'mark'),
  };
  const words = ['convert', '-f', 'raw', '-O', 'qcow2', join(place, 'raw'), join(place, 'out')];
  const ask = (node: string) =>
    spawnSync('sh', [shim, ...words], {
      env: { ...env, BLOBCHECK_GUARD_NODE: node, BLOBCHECK_GUARD_PROGRAM: program },
    });
  assert.is(ask('/bin/true').status, 1);
  assert.ok(!existsSync(join(place, 'out')) && !existsSync(join(place, 'mark')));
  assert.is(ask(process.execPath).status, 0);
  assert.ok(existsSync(join(place, 'out')) && existsSync(join(place, 'mark')));
});

needs(bringingNeeds, test, 'a disk of the same kind without a backing file is converted', async () => {
  const place = temporaryDirectory();
  const [raw, old] = [join(place, 'raw'), join(place, 'old')];
  writeFileSync(raw, Buffer.alloc(2 ** 20, 'guest'));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-o', 'compat=0.10', raw, old]);
  for (const source of [raw, old].map((path) => readFileSync(path))) {
    const node = await servedNode({ source });
    rmSync(node.blob);
    assert.is((await node.ensure()).verdict, 'allow');
    await node.server.close();
  }
});

async function why(bytes: Buffer | string): Promise<string | null> {
  const path = join(mkdtempSync(join(temporaryDirectory(), 'x')), 'image');
  writeFileSync(path, bytes);
  return await whyNotConvertible(path);
}

test('what names no file but itself may be converted', async () => {
  assert.is(await why(buildQcow2({ virtualSize: 2 ** 20 })), null);
  assert.is(await why(Buffer.alloc(4096)), null);
  assert.is(await why(Buffer.from('EFI PART, or whatever a disk begins with')), null);
});

test('an external data file, encryption, and formats that qemu-img would follow, are named', async () => {
  const image = (changes: object) => buildQcow2({ virtualSize: 2 ** 20, ...changes });
  assert.match((await why(image({ incompatible: 4n }))) ?? '', 'data file');
  assert.match((await why(image({ cryptMethod: 1 }))) ?? '', 'encrypted');
  assert.match((await why(image({ backing: { name: '/etc/shadow', format: 'raw' } }))) ?? '', 'backing file');
  assert.match((await why(image({ backing: { name: 'nbd:127.0.0.1:1', format: null } }))) ?? '', 'backing file');
  for (const head of [
    '# Disk DescriptorFile\nversion=1\n',
    '\n# x\n',
    ' version=1',
    'KDMV',
    'COWD',
    'QED\0',
    'vhdxfile',
    'conectix',
  ]) {
    assert.match(
      (await why(head.padEnd(512, '\0'))) ?? '',
      'neither a qcow2 image nor a raw disk',
      JSON.stringify(head),
    );
  }
});

test('a header that is cut short, and one of another version, are no reason to trust it', async () => {
  assert.ok(await why(Buffer.from('514649fb', 'hex')));
  assert.ok(await why(Buffer.concat([Buffer.from('514649fb00000001', 'hex'), Buffer.alloc(200)])));
  assert.ok(await why(Buffer.concat([Buffer.from('514649fb00000004', 'hex'), Buffer.alloc(200)])));
});

test.run();
