import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import { installableNode, nodeNeeds } from '../install/node.js';
import { blobcheckAsNobody } from '../support/as-nobody.js';
import { needs } from '../support/requires.js';

const test = suite('blobcheck install and uninstall');

const schema = fileURLToPath(new URL('../../schemas/install.v1.json', import.meta.url));

needs(nodeNeeds, test, 'what is done is printed line by line, and what it comes to at the end', () => {
  const node = installableNode();
  const first = node.run(['install']);
  assert.is(first.status, 0);
  assert.is(first.stderr, '');
  const lines = first.stdout.trimEnd().split('\n');
  assert.ok(lines.includes('done        file       /etc/blobcheck/blobcheck.conf: written'));
  assert.ok(lines.includes('done        seal       /var/lib/cocoon: seal --all: 1 sealed, 0 kept, 0 refused'));
  assert.is(lines.at(-1), 'this node is gated');
  const second = node.run(['install']);
  assert.match(second.stdout, /^unchanged {3}file {7}\/etc\/blobcheck\/guard\.env: is as it must be$/m);
  assert.match(second.stdout, /\nthis node is gated; nothing was changed\n$/);
  assert.match(node.run(['uninstall']).stdout, /\nthis node is not gated any more\n$/);
});

needs(nodeNeeds, test, '--dry-run prints the plan and changes nothing, before and after', () => {
  const node = installableNode();
  const before = node.run(['install', '--dry-run']);
  assert.is(before.status, 0);
  assert.match(before.stdout, /^would {7}file {7}\/etc\/blobcheck\/guard\.env: would be written$/m);
  assert.match(before.stdout, /\nnothing was changed\n$/);
  assert.equal(node.listing(), []);
  node.run(['install']);
  const installed = node.listing();
  const after = node.run(['uninstall', '--dry-run']);
  assert.is(after.status, 0);
  assert.match(after.stdout, /^would {7}file {7}\/etc\/blobcheck\/guard\.env: would be removed$/m);
  assert.equal(node.listing(), installed);
});

needs(nodeNeeds, test, 'the document holds against its schema, whatever it comes to', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schema, 'utf8')));
  const node = installableNode();
  for (const [args, verdict, running] of [
    [['install', '--dry-run'], 'allow', []],
    [['install'], 'deny', ['A=b']],
    [['install'], 'allow', []],
    [['uninstall', '--dry-run'], 'allow', []],
    [['uninstall'], 'allow', []],
  ] as const) {
    const { report } = node.json(args, { running });
    assert.ok(validate(report), JSON.stringify(validate.errors));
    assert.is(report.verdict, verdict);
    assert.is(report.command, args[0]);
    assert.is(report.dryRun, args.includes('--dry-run' as never));
  }
});

needs(nodeNeeds, test, '--quiet says nothing of what is well, and all of what is not', () => {
  const node = installableNode();
  assert.is(node.run(['install', '--quiet']).stdout, '');
  const ungated = node.run(['install', '--quiet'], { running: ['A=b'] });
  assert.is(ungated.status, 1);
  const [refused, remedy, end] = ungated.stdout.split('\n');
  assert.match(refused ?? '', /^REFUSED {5}process/);
  assert.match(remedy ?? '', /^ +remedy {2}systemctl restart vk-cocoon\.service$/);
  assert.is(end, 'this node is NOT gated, or not wholly');
});

needs(
  nodeNeeds,
  test,
  'a blob that cannot be sealed is told with its finding, and the node is not called gated',
  () => {
    const node = installableNode();
    node.run(['install']);
    const seal = node.listing().find((path) => path.includes('/seals/') && path.endsWith('.json'));
    const blob = /([0-9a-f]{64})\.json$/.exec(seal ?? '')?.[1];
    flipBit(node.at(`/var/lib/cocoon/cloudimg/blobs/${blob}.qcow2`), 5 * 65536 + 3);
    const run = node.run(['install']);
    assert.is(run.status, 1);
    assert.match(run.stdout, /^REFUSED {5}seal {7}\/var\/lib\/cocoon: seal --all: 0 sealed, 0 kept, 1 refused$/m);
    assert.match(run.stdout, /^blob-corrupt: /m);
  },
);

needs(nodeNeeds, test, 'a node without a cocoon root is not known to be well', () => {
  const node = installableNode();
  const run = node.run(['install', '--root-dir', '/nonexistent']);
  assert.is(run.status, 3);
  assert.match(run.stdout, /\nwhether this node is gated is not known\n$/);
});

needs(nodeNeeds, test, 'without a cocoon it says how to name one, and changes nothing', () => {
  const node = installableNode();
  const run = node.run(['install'], { before: 'rm "$place/bin/cocoon"; PATH=$place/bin' });
  assert.is(run.status, 1);
  assert.match(run.stdout, /there is no cocoon in PATH\n +remedy {2}name it: BLOBCHECK_COCOON=/);
  assert.equal(node.listing(), []);
});

needs(['nobody'], test, 'who is not root is told so by exit 2 and one line, and may ask for the plan', () => {
  for (const command of ['install', 'uninstall']) {
    const run = blobcheckAsNobody([command]);
    assert.is(run.status, 2);
    assert.is(run.stdout, '');
    assert.is(run.stderr, `error: ${command} needs root, or --dry-run: sudo blobcheck ${command}\n`);
  }
  assert.match(blobcheckAsNobody(['uninstall', '--dry-run']).stdout, /nothing was changed\n$/);
});

test.run();
