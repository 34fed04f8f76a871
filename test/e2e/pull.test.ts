/** What cocoon 0.3.8 does when it pulls, as far as a caller has to know it. */

import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CocoonNode, cocoonNeeds, cocoonNode, runCocoon } from '../support/cocoon.js';
import { type ImageServer, imageServer } from '../support/image-server.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { smallImage } from './small-image.js';

const test = suite('image pull');

interface Pulled {
  readonly node: CocoonNode;
  readonly server: ImageServer;
  readonly url: string;
  readonly hex: string;
  readonly blob: string;
}

/** A node with one pulled image, whatever `bytes` become. */
async function pulled(bytes: Uint8Array, look: (made: Pulled) => Promise<void>): Promise<void> {
  const server = await imageServer({ image: bytes });
  try {
    const node = cocoonNode();
    const url = server.url('image');
    assert.is((await node.run(['image', 'pull', url])).status, 0);
    const hex = sha256(bytes);
    await look({ node, server, url, hex, blob: node.blob(hex) });
  } finally {
    await server.close();
  }
}

function spoil(blob: string): Buffer {
  const bytes = readFileSync(blob);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  chmodSync(blob, 0o644);
  writeFileSync(blob, bytes);
  return bytes;
}

const left = ({ root }: CocoonNode): string[] => {
  return readdirSync(join(root, 'cloudimg/temp')).filter((name) => !name.endsWith('.lock'));
};

needs(cocoonNeeds, test, 'an image of version 3 is stored as it came, under its digest, for reading only', () =>
  pulled(smallImage('v3'), async ({ node, url, hex, blob }) => {
    assert.equal(readFileSync(blob), smallImage('v3'));
    assert.is(statSync(blob).mode & 0o777, 0o444);
    assert.is(node.images()[url]?.content_sum, `sha256:${hex}`);
    assert.is(node.images()[url]?.size, smallImage('v3').length);
    assert.equal(left(node), []);
  }),
);

for (const [what, bytes] of [
  ['version 2', smallImage('v2', 2)],
  ['no format', Buffer.alloc(2 ** 20, 'raw')],
] as const) {
  needs(cocoonNeeds, test, `an image of ${what} is converted, and stored under the digest of what came`, () =>
    pulled(bytes, async ({ node, url, hex, blob }) => {
      assert.is.not(sha256(readFileSync(blob)), hex);
      assert.is(readFileSync(blob).readUInt32BE(4), 3);
      assert.is(node.images()[url]?.content_sum, `sha256:${hex}`);
      assert.is(node.images()[url]?.size, statSync(blob).size);
    }),
  );
}

needs(cocoonNeeds, test, 'a pull of what the index has asks the server for nothing, whatever stands there now', () =>
  pulled(smallImage('v3'), async ({ node, server, url }) => {
    server.serve('image', smallImage('rebuilt'));
    const run = await node.run(['image', 'pull', url]);
    assert.is(run.status, 0);
    assert.is(run.stdout + run.stderr, '');
    assert.equal(server.requests, ['image']);
  }),
);

for (const [what, spoiled] of [
  ['missing', (blob: string) => rmSync(blob)],
  ['empty', (blob: string) => truncateSync(blob)],
] as const) {
  needs(cocoonNeeds, test, `a pull of what the index has brings a ${what} file back`, () =>
    pulled(smallImage('v3'), async ({ node, server, url, blob }) => {
      chmodSync(blob, 0o644);
      spoiled(blob);
      assert.is((await node.run(['image', 'pull', url])).status, 0);
      assert.equal(readFileSync(blob), smallImage('v3'));
      assert.equal(server.requests, ['image', 'image']);
    }),
  );
}

needs(cocoonNeeds, test, 'a corrupt file is kept even by --force, which says that all went well', () =>
  pulled(smallImage('v3'), async ({ node, server, url, hex, blob }) => {
    const corrupt = spoil(blob);
    const run = await node.run(['image', 'pull', '--force', url]);
    assert.is(run.status, 0);
    assert.match(run.stderr, `pull complete: ${url} -> sha256:${hex}`);
    assert.equal(readFileSync(blob), corrupt);
    assert.equal(server.requests, ['image', 'image']);
  }),
);

needs(cocoonNeeds, test, 'after image rm, a pull gets the bytes and keeps the corrupt file', () =>
  pulled(smallImage('v3'), async ({ node, url, blob }) => {
    const corrupt = spoil(blob);
    assert.is((await node.run(['image', 'rm', url])).status, 0);
    assert.is((await node.run(['image', 'pull', url])).status, 0);
    assert.equal(readFileSync(blob), corrupt);
  }),
);

needs(cocoonNeeds, test, '--force of a rebuilt tag leads the reference to another blob and leaves the old one', () =>
  pulled(smallImage('v3'), async ({ node, server, url, blob }) => {
    server.serve('image', smallImage('rebuilt'));
    assert.is((await node.run(['image', 'pull', '--force', url])).status, 0);
    assert.is(node.images()[url]?.content_sum, `sha256:${sha256(smallImage('rebuilt'))}`);
    assert.ok(existsSync(blob));
  }),
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  needs(cocoonNeeds, test, `${signal} in the middle of a download ends it with 1 and leaves nothing`, async () => {
    const server = await imageServer();
    const { started } = server.stall('image', smallImage('v3'));
    const node = cocoonNode();
    const run = await node.run(['image', 'pull', server.url('image')], { kill: { when: started, signal } });
    await server.close();
    assert.is(run.status, 1);
    assert.match(run.stderr, / signal received$/m);
    assert.equal(left(node), []);
    assert.not.ok(existsSync(join(node.root, 'cloudimg/db/images.json')));
  });
}

for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
  needs(cocoonNeeds, test, `${signal} in the middle of a download leaves a temporary file, and no blob`, async () => {
    const server = await imageServer();
    const { started } = server.stall('image', smallImage('v3'));
    const node = cocoonNode();
    const run = await node.run(['image', 'pull', server.url('image')], { kill: { when: started, signal } });
    await server.close();
    assert.is(run.signal, signal);
    assert.is(left(node).length, 1);
    assert.match(left(node)[0] ?? '', /^pull-\d+\.img$/);
    assert.equal(readdirSync(join(node.root, 'cloudimg/blobs')), []);
  });
}

needs(cocoonNeeds, test, 'a connection that is cut fails the pull and leaves nothing', async () => {
  const server = await imageServer();
  const { started, cut } = server.stall('image', smallImage('v3'));
  const node = cocoonNode();
  void started.then(cut);
  const url = server.url('image');
  const run = await node.run(['image', 'pull', url]);
  await server.close();
  assert.is(run.status, 1);
  assert.match(run.stderr, `Error: pull ${url}: download ${url}: unexpected EOF`);
  assert.equal(left(node), []);
});

/** Every path below, as it is. */
const below = (directory: string): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

needs(cocoonNeeds, test, 'a pull into a root of its own inside the root touches nothing outside', () =>
  pulled(smallImage('v3'), async ({ node, server, blob }) => {
    server.serve('image', smallImage('rebuilt'));
    const before = below(node.directory);
    const log = existsSync('/var/log/cocoon');
    const scratch = join(node.root, '.blobcheck/pull-x/root');
    const run = await runCocoon(['--root-dir', scratch, 'image', 'pull', '--force', server.url('image')]);
    assert.is(run.status, 0);
    assert.ok(existsSync(join(scratch, 'cloudimg/blobs', `${sha256(smallImage('rebuilt'))}.qcow2`)));
    assert.equal(
      below(node.directory).filter((path) => !path.startsWith('root/.blobcheck')),
      before,
    );
    assert.is(existsSync('/var/log/cocoon'), log);
    assert.ok(existsSync(blob));
  }),
);

needs(cocoonNeeds, test, 'a root that is removed during a pull does not come back, and the pull fails', async () => {
  const server = await imageServer();
  const { started, release } = server.stall('image', smallImage('v3'));
  const node = cocoonNode();
  void started.then(() => {
    rmSync(node.root, { recursive: true });
    release();
  });
  const run = await node.run(['image', 'pull', server.url('image')]);
  await server.close();
  assert.is(run.status, 1);
  assert.match(run.stderr, /inspect image: open .*pull-\d+\.img: no such file or directory/);
  assert.not.ok(existsSync(node.root));
});

test.run();
