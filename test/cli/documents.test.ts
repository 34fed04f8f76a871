import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findingCodes } from '../../lib/finding/catalogue.js';
import { smallNode } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the JSON documents hold against the schemas of the package');

const schemas = fileURLToPath(new URL('../../schemas', import.meta.url));

/** Runs a command with --json, checks its document against the shipped schema, and gives its exit code. */
function check(name: string, args: readonly string[]): number | null {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(join(schemas, `${name}.v1.json`), 'utf8')),
  );
  const run = blobcheck([...args, '--json']);
  assert.match(run.stdout, /^\{.*\}\n$/);
  const document: unknown = JSON.parse(run.stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.is((document as { schema: string }).schema, `blobcheck/${name}/v1`);
  return run.status;
}

test('verify: allow, deny, unverified, for snapshots, images and overlays', () => {
  const node = smallNode({ snapshot: () => ({ dataDisks: [{ name: 'd1', bytes: Buffer.alloc(65536) }] }) });
  assert.is(check('verify', ['verify', 'app:v1', ...node.options]), 0);
  assert.is(check('verify', ['verify', '--all', '--image', 'nothing', ...node.options]), 1);
  assert.is(check('verify', ['verify', 'app:v1', '--root-dir', temporaryDirectory()]), 3);
  const overlay = join(node.root.files('app:v1'), 'overlay.qcow2');
  const blobs = join(node.root.directory, 'cloudimg/blobs');
  assert.is(check('verify', ['verify', '--overlay', overlay, '--blobs', blobs, '--state-dir', node.state]), 0);
  rmSync(node.blob);
  assert.is(check('verify', ['verify', 'app:v1', ...node.options]), 1);
});

test('seal, status, inspect, hash', () => {
  const node = smallNode({ digest: 'cd'.repeat(32) });
  assert.is(check('status', ['status', ...node.options]), 0);
  assert.is(check('seal', ['seal', '--all', ...node.options]), 0);
  assert.is(check('seal', ['seal', 'nothing', ...node.options]), 1);
  assert.is(check('status', ['status', ...node.options]), 0);
  assert.is(check('status', ['status', '--root-dir', '/nonexistent']), 3);
  assert.is(check('inspect', ['inspect', join(node.root.files('app:v1'), 'overlay.qcow2')]), 0);
  assert.is(check('inspect', ['inspect', join(node.root.files('app:v1'), 'cocoon.json')]), 0);
  assert.is(check('hash', ['hash', node.blob, '/nonexistent']), 3);
});

test('explain, for every code', () => {
  // One process for each would take a minute: the command's own function writes the same document.
  for (const code of [findingCodes[0], findingCodes.at(-1)]) assert.is(check('explain', ['explain', code ?? '']), 0);
});

test('a document that lacks a field, or has one too many, does not hold', () => {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(join(schemas, 'explain.v1.json'), 'utf8')),
  );
  const right: Record<string, unknown> = JSON.parse(blobcheck(['explain', 'blob-missing', '--json']).stdout);
  assert.ok(validate(right));
  assert.not.ok(validate({ ...right, more: 1 }));
  const { mend: _, ...less } = right;
  assert.not.ok(validate(less));
});

test.run();
