/** What the stand-in has for tests and a real cocoon has not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallImage } from '../e2e/small-image.js';
import { cocoonNeeds, cocoonNode, standIn } from '../support/cocoon.js';
import { imageServer } from '../support/image-server.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('stand-in for cocoon');

needs(cocoonNeeds, test, 'every run leaves its arguments in the log, also one that fails', async () => {
  const log = join(temporaryDirectory(), 'log');
  const node = cocoonNode(standIn);
  await node.run(['image', 'list'], { env: { STAND_IN_LOG: log } });
  await node.run(['nope'], { env: { STAND_IN_LOG: log } });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    [
      [...node.options, 'image', 'list'],
      [...node.options, 'nope'],
    ],
  );
});

needs(cocoonNeeds, test, 'a pull that is to be killed leaves half of a file', async () => {
  const server = await imageServer({ image: smallImage('v3') });
  const node = cocoonNode(standIn);
  const env = { STAND_IN_FAIL: 'download:kill' };
  const run = await node.run(['image', 'pull', server.url('image')], { env });
  await server.close();
  assert.is(run.signal, 'SIGKILL');
  assert.is(readdirSync(join(node.root, 'cloudimg/temp')).length, 1);
});

needs(cocoonNeeds, test, 'a pull that is to be killed later leaves a blob that no index names', async () => {
  const server = await imageServer({ image: smallImage('v3') });
  const node = cocoonNode(standIn);
  const run = await node.run(['image', 'pull', server.url('image')], { env: { STAND_IN_FAIL: 'committed:kill' } });
  await server.close();
  assert.is(run.signal, 'SIGKILL');
  assert.is(readdirSync(join(node.root, 'cloudimg/blobs')).length, 1);
  assert.not.ok(readdirSync(join(node.root, 'cloudimg/db')).includes('images.json'));
});

needs(cocoonNeeds, test, 'a pull that is to go wrong stores other bytes under their own digest', async () => {
  const server = await imageServer({ image: smallImage('v3') });
  const node = cocoonNode(standIn);
  const run = await node.run(['image', 'pull', server.url('image')], { env: { STAND_IN_FAIL: 'download:wrong' } });
  await server.close();
  assert.is(run.status, 0);
  const [blob = ''] = readdirSync(join(node.root, 'cloudimg/blobs'));
  assert.is.not(readFileSync(join(node.root, 'cloudimg/blobs', blob)).compare(smallImage('v3')), 0);
});

needs(cocoonNeeds, test, 'lines are coloured unless NO_COLOR says otherwise, as those of cocoon are', async () => {
  const run = await cocoonNode(standIn).run(['gc'], { env: { NO_COLOR: '' } });
  assert.match(run.stderr, '\u001b[32mINF\u001b[0m \u001b[1mGC completed\u001b[0m');
});

test.run();
