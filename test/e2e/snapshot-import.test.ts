/** What cocoon 0.3.8 makes of an export. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cocoonNeeds, cocoonNode } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { jammyExport } from './small-image.js';

const test = suite('snapshot import');

/** SHA-256 of what the export holds once its holes are back, as cocoon 0.3.8 unpacked it. */
const jammyFiles: Readonly<Record<string, string>> = {
  'cidata.img': '7325c70795aeb887619b84ac2e435623bad330b5ad4ff968f89b44d9d13493ed',
  'cocoon.json': '9ba2d7a0d68e6b1351eb9286475811177eed224b8d8c2f6f4d038f35c6af4309',
  'config.json': 'cc07b4a2a7ede317ffe018210dda4a3155ce1f9eabb3cdb54aacd2505e744020',
  'overlay.qcow2': '5f25668ebb479c72b00d1e6f16f3958421c568ea77f5191c21e6020d9a1919ca',
  'state.json': '9466c6078358a97ece62bd706913ecc1677d95cf4b1e2524d12d709d8d419d76',
};

for (const [what, unpack] of [
  ['packed with gzip', (bytes: Buffer) => bytes],
  ['a plain tar', (bytes: Buffer) => gunzipSync(bytes)],
] as const) {
  needs(cocoonNeeds, test, `an export that is ${what} is unpacked with its holes`, async () => {
    const node = cocoonNode();
    writeFileSync(join(node.directory, 'export'), unpack(readFileSync(jammyExport)));
    assert.is((await node.run(['snapshot', 'import', 'export'])).status, 0);
    const folder = join(node.root, 'snapshot/localfile');
    const files = join(folder, readdirSync(folder)[0] ?? '');
    const digests = Object.keys(jammyFiles).map((name) => {
      return [
        name,
        createHash('sha256')
          .update(readFileSync(join(files, name)))
          .digest('hex'),
      ];
    });
    assert.equal(Object.fromEntries(digests), jammyFiles);
    const memory = statSync(join(files, 'memory-ranges'));
    assert.is(memory.size, 536_870_912);
    assert.ok(memory.blocks * 512 < 1_048_576);
  });
}

needs(cocoonNeeds, test, 'a name that is taken refuses the import, and its files are removed', async () => {
  const node = cocoonNode();
  assert.is((await node.run(['snapshot', 'import', jammyExport])).status, 0);
  const run = await node.run(['snapshot', 'import', jammyExport]);
  assert.is(run.status, 1);
  assert.match(run.stderr, /^Error: import: snapshot name "jammy:v1" already in use by [A-Z2-7]{26}$/m);
  assert.is(readdirSync(join(node.root, 'snapshot/localfile')).length, 1);
});

test.run();
