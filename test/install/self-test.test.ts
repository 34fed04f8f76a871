import { chmodSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { installableNode, nodeNeeds, stepsOf } from './node.js';

const test = suite('the self-test of install');

needs(nodeNeeds, test, 'one clone is let through, one is refused, and the real cocoon is not started', () => {
  const node = installableNode();
  const { status, report } = node.json(['install']);
  assert.is(status, 0);
  assert.equal(
    report.steps.filter(({ step }) => step === 'self-test').map(({ outcome, message }) => [outcome, message]),
    [
      ['done', 'a healthy clone is let through'],
      ['done', 'a clone without its base is refused, before the real cocoon is started'],
    ],
  );
  assert.not.match(node.log(), /^cocoon /m);
});

needs(
  [...nodeNeeds, 'receipts'],
  test,
  'nothing of the throwaway root stays, in the temporary directory or among the seals',
  () => {
    const node = installableNode();
    node.run(['install']);
    assert.equal(readdirSync(node.at('tmp')), []);
    const stores = (section: string) => node.listing().filter((path) => path.split('/').at(-2) === section);
    assert.is(stores('seals').length, 1);
    assert.is(stores('receipts').length, 1);
    const [store = ''] = stores('seals');
    for (const path of [...stores('locks'), ...stores('stamps')]) assert.match(path, `/${basename(store)}.`);
  },
);

needs(nodeNeeds, test, 'a node that only warns, or does not look, is told to refuse nothing', () => {
  for (const mode of ['warn', 'off']) {
    const node = installableNode();
    node.run(['install']);
    const settings = node.read('/etc/blobcheck/blobcheck.conf').replace('MODE=enforce', `MODE=${mode}`);
    node.write('/etc/blobcheck/blobcheck.conf', settings);
    const { status, report } = node.json(['install']);
    assert.is(status, 1);
    assert.equal(stepsOf(report, 'refused'), [`self-test -: BLOBCHECK_MODE is "${mode}": this node does not refuse`]);
    assert.is(node.read('/etc/blobcheck/blobcheck.conf'), settings);
    assert.not.match(node.log(), /^cocoon /m);
  }
});

/** Puts another program in the place of one of the package. */
function replaced(name: string, text: string) {
  const node = installableNode();
  node.write(`package/bin/${name}`, `#!/bin/sh\n${text}\n`);
  chmodSync(node.at(`package/bin/${name}`), 0o755);
  const { status, report } = node.json(['install']);
  return { status, refused: stepsOf(report, 'refused'), unverified: stepsOf(report, 'unverified') };
}

needs(nodeNeeds, test, 'a guard that lets everything through is found out', () => {
  const { status, refused } = replaced('cocoon-guard', 'exit 0');
  assert.is(status, 1);
  assert.match(refused.join(), /a clone without its base is let through \(exit code 0/);
});

needs(nodeNeeds, test, 'a guard that starts cocoon first is found out, whatever it says afterwards', () => {
  const { status, refused } = replaced('cocoon-guard', 'mkdir "$2/cloudhypervisor"; echo blob-missing: x >&2; exit 1');
  assert.is(status, 1);
  assert.match(refused.join(), /came to the real cocoon, which changed the root/);
});

needs(nodeNeeds, test, 'a guard that ends for another reason than the missing base proves nothing', () => {
  const { status, refused, unverified } = replaced('cocoon-guard', 'echo syntax error >&2; exit 1');
  assert.is(status, 3);
  assert.equal(refused, []);
  assert.match(unverified.join(), /not because its base is missing \(exit code 1: syntax error\)/);
});

needs(nodeNeeds, test, 'a hook that refuses what is healthy is found out', () => {
  const { status, refused } = replaced('pre-clone', 'echo blob-missing: no >&2; exit 1');
  assert.is(status, 1);
  assert.match(refused.join(), /a healthy clone is refused \(exit code 1: blob-missing: no\)/);
});

needs(nodeNeeds, test, 'a run that is interrupted in the middle leaves no throwaway root and no seals of it', () => {
  const node = installableNode();
  const judge = `"${process.execPath}" "$(dirname "$(readlink -f "$0")")/blobcheck" verify --quiet "$1" "$2" "$4"`;
  node.write('package/bin/pre-clone', `#!/bin/sh\n${judge} || exit 9\nkill -TERM "$PPID"\n`);
  const { status } = node.run(['install']);
  assert.is(status, 143);
  assert.equal(readdirSync(node.at('tmp')), []);
  assert.is(node.listing().filter((path) => path.split('/').at(-2) === 'seals').length, 1);
});

needs(nodeNeeds, test, 'a hook that does not start leaves it unknown', () => {
  const { status, unverified } = replaced('pre-clone', 'exit 127');
  assert.is(status, 3);
  assert.match(unverified.join(), /whether a healthy clone is let through is not known \(exit code 127/);
});

test.run();
