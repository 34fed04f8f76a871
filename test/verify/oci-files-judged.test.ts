import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { type Finding, finding } from '../../lib/finding/finding.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { blobPath } from '../../lib/store/blob.js';
import type { OciImageEntry } from '../../lib/store/records.js';
import type { Store } from '../../lib/store/store.js';
import { judgeOciFiles } from '../../lib/verify/oci-files.js';
import type { Run } from '../../lib/verify/run.js';
import type { SnapshotFacts } from '../../lib/verify/snapshot-facts.js';

const test = suite('what an OCI image is judged by');

const root = '/nowhere/cocoon';
const [lower, upper] = ['a'.repeat(64), 'b'.repeat(64)];
const at = (kind: 'layer' | 'kernel' | 'initrd', hex: string) => blobPath(root, { kind, hex });
const manifest = `sha256:${'c'.repeat(64)}`;
const other = `sha256:${'d'.repeat(64)}`;

const image: OciImageEntry = {
  kind: 'oci',
  ref: 'local/oci:v1',
  manifestDigest: manifest,
  layers: [`sha256:${lower}`, `sha256:${upper}`],
  kernelLayer: `sha256:${lower}`,
  initrdLayer: `sha256:${upper}`,
  size: 1,
  createdAt: null,
};

const disks = [
  { role: 'layer', path: at('layer', lower), serial: 'cocoon-layer0' },
  { role: 'layer', path: at('layer', upper), serial: 'cocoon-layer1' },
  { role: 'cow', path: '/run/cow.raw', serial: 'cocoon-cow' },
];
const payload = {
  kernel: at('kernel', lower),
  initramfs: at('initrd', upper),
  cmdline: 'quiet cocoon.layers=cocoon-layer1,cocoon-layer0 cocoon.cow=cocoon-cow',
};

/** What is said of a snapshot; what is not given is as it is of a healthy one. */
interface Said {
  readonly kind?: 'oci' | 'firecracker';
  readonly record?: object;
  readonly storage?: readonly object[];
  readonly boot?: object | undefined;
  readonly payload?: object | undefined;
  readonly ids?: readonly string[];
  readonly sizes?: readonly (readonly [id: string, bytes: bigint])[];
  readonly missing?: readonly ('sidecar' | 'config' | 'state')[];
  readonly index?: Readonly<Record<string, readonly object[]>>;
  readonly unreadable?: boolean;
  readonly found?: readonly Finding[];
  readonly bytes?: number | null;
}

async function judged(said: Said = {}) {
  const ids = said.ids ?? ['disk0', 'disk1', 'disk2'];
  const files = {
    sidecar: { storage_configs: said.storage ?? disks, boot_config: said.boot },
    config: { payload: 'payload' in said ? said.payload : payload, disks: ids.map((id) => ({ id })) },
    state: { disks: new Map(said.sizes ?? ids.map((id) => [id, 8192n])) },
  };
  const read = Object.entries(files).map(([name, value]) => {
    const isMissing = said.missing?.some((each) => each === name);
    return [name, isMissing ? { kind: 'missing' } : { kind: 'ok', value }];
  });
  const facts = {
    kind: said.kind ?? 'oci',
    record: { image: 'local/oci:v1', imageDigest: manifest, imageBlobIds: [lower, upper], ...said.record },
    directory: '/snapshot',
    listing: { kind: 'directory', entries: [{ name: 'cow.raw', kind: 'regular', size: 4096n }] },
    ...Object.fromEntries(read),
  } as unknown as SnapshotFacts;
  const index = said.index ?? { 'local/oci:v1': [image] };
  const lookUp = async (ref: string | null) => {
    if (ref === null) throw new TypeError('no reference is asked for');
    if (said.unreadable) throw new BlobcheckError('metadata-unreadable', 'the index cannot be read');
    return index[ref] ?? [];
  };
  const store = { root, image: lookUp } as unknown as Store;
  const bytes = said.bytes === undefined ? 8192 : said.bytes;
  const run = {
    place: defaultPlace,
    blob: async ({ path }: { path: string }) => ({
      findings: (said.found ?? []).filter(({ subject }) => subject === path),
      report: { path, bytes },
    }),
  } as unknown as Run;
  const findings: Finding[] = [];
  const report = await judgeOciFiles(run, store, { facts, roots: [root], findings, sealedAs: null });
  return { findings, ...report };
}

const shown = ({ findings }: { readonly findings: readonly Finding[] }) =>
  findings.map(({ code, subject, expected, actual }) => [code, subject, expected, actual]);

test('nothing is found of a healthy one, whose files are all read and shown', async () => {
  for (const said of [{}, { record: { imageDigest: null } }]) {
    const { findings, disks: shownDisks, blobs } = await judged(said);
    assert.equal(findings, []);
    const layer = { role: 'layer', format: 'raw', virtualSize: 8192, dirty: null, chain: [] };
    assert.equal(shownDisks, [
      { ...layer, file: `${lower}.erofs` },
      { ...layer, file: `${upper}.erofs` },
      { ...layer, file: 'cow.raw', role: 'cow', virtualSize: 4096 },
    ]);
    assert.equal(
      blobs.map(({ path }) => path),
      [at('layer', lower), at('layer', upper), at('kernel', lower), at('initrd', upper)],
    );
  }
});

test('the kernel and initial RAM disk are those of the image, whatever else the record pins', async () => {
  const swapped = { ...payload, kernel: at('kernel', upper), initramfs: at('initrd', lower) };
  assert.equal(shown(await judged({ payload: swapped })), [
    ['layer-mismatch', '/snapshot/cocoon.json', lower, upper],
    ['layer-mismatch', '/snapshot/cocoon.json', upper, lower],
  ]);
});

test('an image without boot files is like a snapshot that boots none', async () => {
  const index = { 'local/oci:v1': [{ ...image, kernelLayer: null, initrdLayer: null }] };
  assert.equal(shown(await judged({ index, payload: { cmdline: payload.cmdline } })), []);
  assert.equal(shown(await judged({ index })), [
    ['layer-mismatch', '/snapshot/cocoon.json', 'none', lower],
    ['layer-mismatch', '/snapshot/cocoon.json', 'none', upper],
  ]);
});

test('the image is the one of its name or else of its digest, and no other that is found by either', async () => {
  const moved = { ...image, manifestDigest: other };
  const notIndexed = ['image-not-indexed', 'local/oci:v1', null, null];
  const tagMoved = ['tag-moved', 'local/oci:v1', manifest, other];
  assert.equal(shown(await judged({ index: { 'local/oci:v1': [moved], [manifest]: [image] } })), [tagMoved]);
  assert.equal(shown(await judged({ index: { 'local/oci:v1': [moved], [manifest]: [moved] } })), [
    notIndexed,
    tagMoved,
  ]);
  assert.equal(shown(await judged({ index: { [manifest]: [{ ...image, kind: 'cloudimg' }] } })), [notIndexed]);
  const nameless = { record: { image: '' }, index: { '': [image] } };
  assert.equal(shown(await judged(nameless)), [['image-not-indexed', '/snapshot/cocoon.json', null, null]]);
});

test('an index that cannot be read is said, and what else is known is judged', async () => {
  const unreadable = ['metadata-unreadable', '/snapshot/cocoon.json', null, null];
  assert.equal(shown(await judged({ unreadable: true })), [unreadable]);
  const cmdline = { ...payload, cmdline: 'quiet' };
  const codes = shown(await judged({ unreadable: true, payload: cmdline, bytes: 1 })).map(([code]) => code);
  assert.equal(codes, ['metadata-unreadable', 'layer-mismatch', 'blob-size-mismatch', 'blob-size-mismatch']);
});

test('where neither its name nor a digest leads to an image, none is indexed', async () => {
  const nothing = { record: { imageDigest: null }, index: {} };
  assert.equal(shown(await judged(nothing)), [['image-not-indexed', 'local/oci:v1', null, null]]);
});

test('it is cocoon.json that says which layer is needed', async () => {
  const found = finding('blob-missing', 'gone', {
    subject: at('layer', lower),
    expected: lower,
    expectedFrom: 'overlay header',
  });
  assert.is((await judged({ found: [found] })).findings[0]?.expectedFrom, 'cocoon.json');
});

test('the kernel is told which layers to mount: by the config.json of a Cloud Hypervisor, and by no Firecracker', async () => {
  const words = ['cocoon.layers=cocoon-layer1,cocoon-layer0 cocoon.cow=cocoon-cow', 'none'];
  const expected = [['layer-mismatch', '/snapshot/cocoon.json', ...words]];
  assert.equal(shown(await judged({ payload: { ...payload, cmdline: 'quiet' } })), expected);
  assert.equal(shown(await judged({ payload: { ...payload, cmdline: undefined } })), expected);
  const found = shown(await judged({ payload: undefined, index: {}, record: { imageBlobIds: [lower, upper] } }));
  assert.equal(found.at(-1), expected[0]);
  const boot = { kernel_path: payload.kernel, initrd_path: payload.initramfs };
  const firecracker = { kind: 'firecracker', boot, payload: { ...payload, cmdline: 'quiet' } } as const;
  assert.equal(shown(await judged(firecracker)), []);
});

test('what cannot be read of the snapshot is judged by nobody here', async () => {
  assert.equal(await judged({ missing: ['sidecar'] }), { findings: [], disks: [], blobs: [] });
  for (const missing of [['config'], ['config', 'state'], ['sidecar', 'config'], ['sidecar', 'state']] as const) {
    const found = await judged({ missing, bytes: 12_288, record: { imageBlobIds: [lower, upper] }, index: {} });
    const code = missing.some((name) => name === 'sidecar') ? [] : ['image-not-indexed'];
    assert.equal(
      found.findings.map((each) => each.code),
      code,
      missing.join(),
    );
  }
  assert.equal(shown(await judged({ missing: ['state'], bytes: 12_288 })), []);
});

test('each layer is as large as the guest knows it, where it knows it', async () => {
  const mismatch = (hex: string) => ['blob-size-mismatch', at('layer', hex), '8192 bytes', '12288 bytes'];
  assert.equal(shown(await judged({ bytes: 12_288 })), [mismatch(lower), mismatch(upper)]);
  assert.equal(shown(await judged({ bytes: 12_288, sizes: [['disk1', 8192n]] })), [mismatch(upper)]);
  assert.equal(shown(await judged({ bytes: 12_288, ids: ['disk0'] })), [mismatch(lower)]);
  assert.equal(shown(await judged({ bytes: null })), []);
});

test('a disk that is no layer has no size of one, whatever its path', async () => {
  const storage = [...disks.slice(0, 2), { role: 'cow', path: at('layer', lower), serial: 'cocoon-cow' }];
  const sizes = [['disk2', 1n]] as const;
  assert.equal(shown(await judged({ storage, sizes })), []);
});

test('the pull is of the very image: without its tag, with its digest where that is known', async () => {
  const missing = finding('blob-missing', 'gone', { subject: at('layer', lower) });
  const remedyOf = async (record: object) =>
    (await judged({ found: [missing], record, index: {} })).findings[0]?.remedyArgv;
  const pull = (ref: string) => ['cocoon', 'image', 'pull', ref];
  assert.equal(await remedyOf({}), pull(`local/oci@${manifest}`));
  assert.equal(await remedyOf({ image: 'host:5000/x:v1' }), pull(`host:5000/x@${manifest}`));
  assert.equal(await remedyOf({ image: `host:5000/x@${other}` }), pull(`host:5000/x@${manifest}`));
  assert.equal(await remedyOf({ imageDigest: null }), pull('local/oci:v1'));
  assert.is(await remedyOf({ image: '' }), null);
});

test.run();
