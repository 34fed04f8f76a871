import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explainCommand } from '../../lib/cli/explain.js';
import { findingCodes } from '../../lib/finding/catalogue.js';
import { smallNode } from '../builders/small-node.js';
import { blobcheck, type Ran } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';
import { terminalFor } from '../support/terminal.js';

const test = suite('the JSON documents hold against the schemas of the package');

const schemas = fileURLToPath(new URL('../../schemas', import.meta.url));

function validator(name: string) {
  return new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(schemas, `${name}.v1.json`), 'utf8')));
}

/** Fields of the documents that a test here looks at. */
interface Document {
  readonly schema: string;
  readonly findings: readonly { readonly code: string }[];
  readonly root: string | null;
  readonly path: string;
  readonly error: string | null;
}

/** Runs a command with --json and checks that what it prints is one document, which holds against the shipped schema. */
function checked(name: string, args: readonly string[]): Ran & { readonly document: Document } {
  const validate = validator(name);
  const run = blobcheck([...args, '--json']);
  assert.match(run.stdout, /^\{.*\}\n$/);
  const document: Document = JSON.parse(run.stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.is(document.schema, `blobcheck/${name}/v1`);
  return { ...run, document };
}

const check = (name: string, args: readonly string[]): number | null => checked(name, args).status;

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

test('a configuration that cannot be read has an answer from every command, and it is unverified', () => {
  for (const config of ['/nonexistent/cocoon.yaml', join(schemas, 'verify.v1.json', 'x.json'), schemas]) {
    for (const command of [['verify', 'app:v1'], ['seal', '--all'], ['status']]) {
      const run = checked(command[0] ?? '', [...command, '--config', config, '--state-dir', temporaryDirectory()]);
      assert.is(run.status, 3);
      assert.is(run.stderr, '');
      assert.equal(
        run.document.findings.map(({ code }) => code),
        ['metadata-unreadable'],
      );
      assert.is(run.document.root, null);
    }
  }
});

test('inspect of what cannot be read says why', () => {
  for (const file of ['/nope', schemas]) {
    const run = checked('inspect', ['inspect', file]);
    assert.is(run.status, 3);
    assert.is(typeof run.document.error, 'string');
    assert.is(run.document.path, file);
  }
  const { document } = checked('inspect', ['inspect', join(schemas, 'verify.v1.json')]);
  assert.is(document.error, null);
});

test('explain, for every code', async () => {
  const validate = validator('explain');
  for (const code of findingCodes) {
    const printed: string[] = [];
    const out = (text: string) => printed.push(text);
    assert.is(await explainCommand(code, { json: true }, terminalFor({ out, err: out })), 0);
    assert.match(printed.join(''), /^\{.*\}\n$/);
    assert.ok(validate(JSON.parse(printed.join(''))), `${code}: ${JSON.stringify(validate.errors)}`);
  }
  // What a person runs prints the same.
  assert.is(check('explain', ['explain', 'blob-missing']), 0);
});

test('a document that lacks a field, or has one too many, does not hold', () => {
  const validate = validator('explain');
  const right: Record<string, unknown> = JSON.parse(blobcheck(['explain', 'blob-missing', '--json']).stdout);
  assert.ok(validate(right));
  assert.not.ok(validate({ ...right, more: 1 }));
  const { mend: _, ...less } = right;
  assert.not.ok(validate(less));
});

test.run();
