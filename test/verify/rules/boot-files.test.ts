import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BootFacts, judgeBootFiles, judgeCommandLine } from '../../../lib/verify/rules/boot-files.js';

const test = suite('boot-files');

const root = '/var/lib/cocoon';
const boot = `${root}/oci/boot/${'a'.repeat(64)}`;
const cmdline = 'console=hvc0 boot=cocoon-overlay cocoon.layers=cocoon-layer1,cocoon-layer0 cocoon.cow=cocoon-cow rw';
const sidecar = { kernel_path: `${boot}/vmlinuz`, initrd_path: `${boot}/initrd.img`, cmdline };
const config = { kernel: sidecar.kernel_path, initrd: sidecar.initrd_path };

const judge = (changes: Partial<BootFacts> = {}) =>
  judgeBootFiles({ sidecarPath: '/snap/cocoon.json', roots: [root, '/data/cocoon'], sidecar, config, ...changes });
const codes = (changes: Partial<BootFacts>) => judge(changes).map(({ code }) => code);

test('the boot files that both files name are right, under any spelling of the root, with or without a RAM disk', () => {
  assert.equal(judge(), []);
  assert.equal(judge({ config: null, sidecar: { ...sidecar } }), []);
  const kernel = sidecar.kernel_path.replace(root, '/data/cocoon');
  assert.equal(judge({ sidecar: { ...sidecar, kernel_path: kernel }, config: { ...config, kernel } }), []);
  assert.equal(judge({ sidecar: { ...sidecar, initrd_path: '' }, config: { ...config, initrd: '' } }), []);
});

test('denied: a file that is none of the boot files of this store', () => {
  for (const path of [
    '/boot/vmlinuz',
    '',
    `${boot}/initrd.img`,
    `${boot}/vmlinux`,
    `${boot}/../x/vmlinuz`,
    `/srv/oci/boot/${'a'.repeat(64)}/vmlinuz`,
  ]) {
    assert.equal(
      codes({ sidecar: { ...sidecar, kernel_path: path }, config: { ...config, kernel: path } }),
      ['disk-outside-store'],
      path,
    );
  }
  assert.equal(codes({ config: null, sidecar: { ...sidecar, initrd_path: '/etc/shadow' } }), ['disk-outside-store']);
});

test('denied: what the two files name differently, and a sidecar that names no kernel', () => {
  for (const change of [{ kernel: `${boot}/initrd.img` }, { initrd: '' }] as const) {
    assert.equal(codes({ config: { ...config, ...change } }), ['sidecar-mismatch'], JSON.stringify(change));
  }
  assert.equal(codes({ sidecar: null }), ['sidecar-mismatch']);
});

const serials = ['cocoon-layer0', 'cocoon-layer1'];

test('the command line mounts the layers, the top one first, and the writable disk', () => {
  assert.equal(judgeCommandLine('/snap/cocoon.json', cmdline, serials), []);
});

test('denied: a command line that mounts anything else', () => {
  for (const line of [
    '',
    cmdline.replace('cocoon-layer1,cocoon-layer0', 'cocoon-layer0,cocoon-layer1'),
    cmdline.replace('cocoon-layer1,', ''),
    cmdline.replace('cow=cocoon-cow', 'cow=d1'),
    `${cmdline} cocoon.layers=d1`,
    cmdline.replace(' cocoon.cow=cocoon-cow', ''),
  ]) {
    const [found, ...others] = judgeCommandLine('/snap/cocoon.json', line, serials);
    assert.is(found?.code, 'layer-mismatch', line);
    assert.equal(others, []);
  }
});

test.run();
