import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobPath } from '../../lib/store/blob.js';
import type { Store } from '../../lib/store/store.js';
import { filesOf, type OciParts } from '../../lib/verify/oci-parts.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('oci-parts');

const hex = 'ab'.repeat(32);
const parts: OciParts = {
  layers: [{ kind: 'layer', hex }],
  kernel: { kind: 'kernel', hex },
  initrd: { kind: 'initrd', hex },
};

async function filesIn(root: string, kind: 'oci' | 'firecracker') {
  const files = await filesOf({ root } as Store, parts, { kind }, [root, '/other']);
  return files.map(({ blob, instead }) => [blob.slice(hex.length + 1), instead]);
}

test('a Firecracker boots the unpacked kernel: it is judged where it is there, and must not come where it is not', async () => {
  const root = temporaryDirectory();
  const unpacked = blobPath(root, { kind: 'vmlinux', hex });
  const packed = ['erofs', 'vmlinuz', 'initrd.img'];
  assert.equal(
    await filesIn(root, 'firecracker'),
    packed.map((name) => [name, name === 'vmlinuz' ? unpacked : undefined]),
  );
  mkdirSync(dirname(unpacked), { recursive: true });
  writeFileSync(unpacked, '');
  const all = [...packed, 'vmlinux'].map((name) => [name, undefined]);
  assert.equal(await filesIn(root, 'firecracker'), all);
  assert.equal(await filesIn(root, 'oci'), all.slice(0, -1));
});

test('each file has a name by every spelling of its root', async () => {
  const root = temporaryDirectory();
  const [layer] = await filesOf({ root } as Store, parts, { kind: 'oci' }, [root, '/other']);
  assert.equal(
    layer?.names,
    [root, '/other'].map((spelled) => join(spelled, 'oci/blobs', `${hex}.erofs`)),
  );
});

test.run();
