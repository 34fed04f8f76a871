import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { baseBytes, smallNode } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { traced } from '../support/traced.js';

const test = suite('what a pull has brought');

needs(['strace'], test, 'is on the disk, its name too, before its seal has one', () => {
  const node = smallNode();
  const bytes = baseBytes('brought');
  const place = temporaryDirectory();
  const [image, cocoon] = [join(place, 'image'), join(place, 'cocoon')];
  const blobs = join(node.root.directory, 'cloudimg/blobs');
  const blob = join(blobs, `${sha256(bytes)}.qcow2`);
  writeFileSync(image, bytes);
  writeFileSync(cocoon, `#!/bin/sh\nexec cp '${image}' '${blob}'\n`);
  chmodSync(cocoon, 0o755);
  const ref = 'https://images.example.com/brought.img';
  const entry = { ref, content_sum: `sha256:${sha256(bytes)}`, size: bytes.length, created_at: '2026-11-24T20:43:58Z' };
  putRow(node.root.directory, 'json', 'cloud-images', ref, entry);
  const words = [program, 'sealing', ...node.options, '--', cocoon, 'image', 'pull', ref];
  const { status, calls, stderr } = traced([process.execPath, ...words], 'fsync,link,rename');
  assert.is(status, 0, stderr);
  assert.ok(existsSync(blob));
  const at = (pattern: RegExp) => calls.findIndex((call) => pattern.test(call));
  const flushed = calls.findIndex((call) => call.includes('fsync') && call.includes(`<${blob}>`));
  const named = calls.findIndex((call) => call.includes('fsync') && call.includes(`<${blobs}>`));
  const sealed = at(/(link|rename)\w*\(.*\/seals\/[0-9a-f]{64}\//);
  assert.ok(flushed !== -1 && named !== -1 && sealed !== -1, calls.join('\n'));
  assert.ok(flushed < sealed && named < sealed, calls.join('\n'));
});

test.run();
