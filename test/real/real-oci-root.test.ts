import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryReport, SealReport, StatusReport, VerifyReport } from '../../lib/report/documents.js';
import { repaired } from '../builders/vmstate.js';
import {
  atCocoonsPathNeeds,
  blobcheckAtCocoonsPath,
  runAtCocoonsPath,
  unpackRealRoot,
} from '../support/at-cocoons-path.js';
import { pastedWithoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const bin = fileURLToPath(new URL('../../bin', import.meta.url));

const test = suite('a root of OCI images that real cocoon, Cloud Hypervisor and Firecracker wrote');

const ids = {
  'oci:v1': 'XXW4L5FQUTG5DBMTEZD4B7BKWF',
  'oci-data:v2': 'KBIAFQ4BD6UYSHE3A4ZBNSEETH',
  'fc:v1': 'YEGXDCYNBNTQHDEMHXFHDIBIH4',
} as const;
type Name = keyof typeof ids;
const names = Object.keys(ids) as Name[];

/** The layers, lowest first; `oci:v1` and `fc:v1` have the first two. */
const layers = [
  '71c555c6232b23b174de2ecb074570714e1c569881a23fd9c885edb95a6f8988',
  'e53599ac126d617541af6d4a70b39fedcb683d8fb2388e3e5a15de5b70df5944',
  'f6f6b470844f948d015a9d13ba70207bd02341cc6327583206bffa2a6c84acb7',
] as const;
const [lowest, upper, other] = layers;
const boot = (root: string, file: string) => join(root, 'oci/boot', lowest, file);

interface Node {
  readonly root: string;
  readonly state: string;
}

function run<Report>({ root, state }: Node, words: readonly string[]): { status: number | null; report: Report } {
  const ran = blobcheckAtCocoonsPath(root, [...words, '--json', '--state-dir', state]);
  if (ran.stdout === '') throw new Error(`${words.join(' ')}: ${ran.stderr}`);
  return { status: ran.status, report: JSON.parse(ran.stdout) };
}

function entryOf(node: Node, name: Name): EntryReport {
  const [entry] = run<VerifyReport>(node, ['verify', name]).report.snapshots;
  if (entry === undefined) throw new Error(`${name} is not in the report`);
  return entry;
}

const codes = ({ findings }: EntryReport) => findings.map(({ code }) => code);
const errorsOf = ({ findings }: EntryReport) => findings.filter(({ severity }) => severity === 'error');

/** A copy of the root, and a state directory in a directory of its own. */
function freshNode(): Node {
  const state = join(temporaryDirectory(), 'state');
  mkdirSync(state);
  return { root: unpackRealRoot('cocoon-root-oci.tar.gz'), state };
}

/** The same, its blobs sealed. */
function sealedNode(): Node {
  const node = freshNode();
  assert.is(run<SealReport>(node, ['seal', '--all']).status, 0);
  return node;
}

needs(atCocoonsPathNeeds, test, 'its snapshots are unsealed before and allowed without a warning once sealed', () => {
  const node = freshNode();
  for (const name of names) {
    const entry = entryOf(node, name);
    assert.is(entry.verdict, 'deny');
    assert.equal([...new Set(codes(entry))], ['blob-unsealed']);
    assert.ok(entry.findings.every(({ remedy }) => pastedWithoutPlace(remedy) === `blobcheck seal ${name}`));
  }
  const sealed = run<SealReport>(node, ['seal', '--all']);
  assert.equal(
    sealed.report.blobs.map(({ blob, outcome, basis }) => [blob, outcome, basis]),
    [
      ...[`${lowest}.erofs`, `${lowest}.initrd.img`, `${lowest}.vmlinuz`, `${upper}.erofs`, `${other}.erofs`].map(
        (blob) => [blob, 'sealed', 'operator'],
      ),
    ],
  );
  for (const name of names) {
    const entry = entryOf(node, name);
    assert.equal(entry.findings, []);
    assert.is(entry.verdict, 'allow');
    assert.ok(entry.blobs.every(({ how }) => how === 'receipt'));
  }
  const images = run<VerifyReport>(node, ['verify', '--image', 'local/oci:v2']);
  assert.is(images.status, 0);
  assert.is(images.report.images[0]?.blobs.length, 5);
});

needs(atCocoonsPathNeeds, test, 'a snapshot is sealed by its name, and a blob by its own or by its path', () => {
  const node = freshNode();
  const blobs = (words: readonly string[]) =>
    run<SealReport>(node, ['seal', ...words]).report.blobs.map(({ blob, outcome }) => [blob, outcome]);
  assert.equal(blobs([`${other}.erofs`]), [[`${other}.erofs`, 'sealed']]);
  assert.equal(blobs([`/var/lib/cocoon/oci/boot/${lowest}/vmlinuz`]), [[`${lowest}.vmlinuz`, 'sealed']]);
  assert.equal(blobs(['fc:v1']), [
    [`${lowest}.erofs`, 'sealed'],
    [`${upper}.erofs`, 'sealed'],
    [`${lowest}.vmlinuz`, 'kept'],
    [`${lowest}.initrd.img`, 'sealed'],
  ]);
});

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  assert.is.not(after, before, `nothing was changed in ${file}`);
  writeFileSync(file, after);
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

const both = (snapshot: string, change: (text: string) => string) => {
  for (const file of ['cocoon.json', 'config.json']) edit(join(snapshot, file), change);
};

interface Damage {
  readonly what: string;
  readonly of: Name;
  readonly code: string;
  readonly done: (root: string, snapshot: string) => void;
}

/** What cocoon 0.3.8 starts a virtual machine from all the same (incidents.md), or what would fail late. */
const damages: readonly Damage[] = [
  {
    what: 'one changed byte in the data of a layer',
    of: 'oci:v1',
    code: 'blob-corrupt',
    done: (root) => flip(join(root, 'oci/blobs', `${lowest}.erofs`), 60_000),
  },
  {
    what: 'a kernel with another byte',
    of: 'fc:v1',
    code: 'blob-corrupt',
    done: (root) => flip(boot(root, 'vmlinuz'), 4_000),
  },
  {
    what: 'a changed initial RAM disk',
    of: 'oci:v1',
    code: 'blob-corrupt',
    done: (root) => flip(boot(root, 'initrd.img'), 4_000),
  },
  {
    what: 'a layer that is not there',
    of: 'fc:v1',
    code: 'blob-missing',
    done: (root) => rmSync(join(root, 'oci/blobs', `${upper}.erofs`)),
  },
  {
    what: 'a layer cut short',
    of: 'oci:v1',
    code: 'blob-size-mismatch',
    done: (root) => truncateSync(join(root, 'oci/blobs', `${lowest}.erofs`), 8192),
  },
  {
    what: 'a cow.raw cut to 1,000 bytes, as a tar leaves it (cocoon #230)',
    of: 'oci:v1',
    code: 'raw-size-mismatch',
    done: (_root, snapshot) => truncateSync(join(snapshot, 'cow.raw'), 1000),
  },
  {
    what: 'the same of a Firecracker',
    of: 'fc:v1',
    code: 'raw-size-mismatch',
    done: (_root, snapshot) => truncateSync(join(snapshot, 'cow.raw'), 1000),
  },
  {
    what: 'a data disk of another size',
    of: 'oci-data:v2',
    code: 'raw-size-mismatch',
    done: (_root, snapshot) => truncateSync(join(snapshot, 'data-d1.raw'), 67_108_865),
  },
  {
    what: 'a cow.raw that begins as a qcow2 image',
    of: 'oci:v1',
    code: 'raw-disk-probed',
    done: (_root, snapshot) => writeFileSync(join(snapshot, 'cow.raw'), 'QFI\xfb', { encoding: 'latin1', flag: 'r+' }),
  },
  {
    what: 'the layers of another image in both sidecars (cocoon #46)',
    of: 'oci:v1',
    code: 'layer-mismatch',
    done: (_root, snapshot) => both(snapshot, (text) => text.replaceAll(upper, other)),
  },
  {
    what: 'the layers in another order in both sidecars',
    of: 'oci:v1',
    code: 'layer-mismatch',
    done: (_root, snapshot) =>
      both(snapshot, (text) =>
        text
          .replaceAll(`${lowest}.erofs`, 'first')
          .replaceAll(`${upper}.erofs`, `${lowest}.erofs`)
          .replaceAll('first', `${upper}.erofs`),
      ),
  },
  {
    what: "another tenant's disk in the place of a layer in both sidecars",
    of: 'oci:v1',
    code: 'disk-outside-store',
    done: (_root, snapshot) =>
      both(snapshot, (text) => text.replaceAll(`/var/lib/cocoon/oci/blobs/${upper}.erofs`, '/srv/tenant-b/disk.raw')),
  },
  {
    what: 'a kernel of the host in both sidecars',
    of: 'oci:v1',
    code: 'disk-outside-store',
    done: (_root, snapshot) =>
      both(snapshot, (text) => text.replaceAll(`/var/lib/cocoon/oci/boot/${lowest}/vmlinuz`, '/boot/vmlinuz')),
  },
  {
    what: 'a kernel that only config.json names',
    of: 'oci:v1',
    code: 'sidecar-mismatch',
    done: (_root, snapshot) => edit(join(snapshot, 'config.json'), (text) => text.replace('/vmlinuz', '/initrd.img')),
  },
  {
    what: 'a command line that mounts the layers in another order',
    of: 'oci:v1',
    code: 'layer-mismatch',
    done: (_root, snapshot) =>
      both(snapshot, (text) =>
        text.replace('layers=cocoon-layer1,cocoon-layer0', 'layers=cocoon-layer0,cocoon-layer1'),
      ),
  },
  {
    what: 'a record that pins another layer',
    of: 'fc:v1',
    code: 'layer-mismatch',
    done: (root) =>
      edit(join(root, 'snapshot/db/snapshots.json'), (text) => {
        const index = JSON.parse(text);
        const record = index.snapshots[ids['fc:v1']];
        record.image_blob_ids = { [lowest]: {}, [other]: {} };
        return JSON.stringify(index);
      }),
  },
  {
    what: 'a writable disk of a Firecracker that is a file of the host, which cocoon would put a link in the place of',
    of: 'fc:v1',
    code: 'disk-outside-store',
    done: (_root, snapshot) =>
      edit(join(snapshot, 'cocoon.json'), (text) =>
        text.replace('/var/lib/cocoon/run/firecracker/WBU2V46LH7SE3BHGNWZ3XRXAZJ/cow.raw', '/etc/cron.d/cow.raw'),
      ),
  },
  {
    what: "another root's run directory of a Firecracker",
    of: 'fc:v1',
    code: 'disk-outside-store',
    done: (_root, snapshot) =>
      edit(join(snapshot, 'cocoon.json'), (text) => text.replace('/var/lib/cocoon/run/', '/data/run/')),
  },
  {
    what: 'a kernel of the host for a Firecracker',
    of: 'fc:v1',
    code: 'disk-outside-store',
    done: (_root, snapshot) =>
      edit(join(snapshot, 'cocoon.json'), (text) =>
        text.replace(/"kernel_path":"[^"]*"/, '"kernel_path":"/boot/vmlinuz"'),
      ),
  },
  {
    what: 'guest memory of a Firecracker that is a byte short',
    of: 'fc:v1',
    code: 'memory-size-mismatch',
    done: (_root, snapshot) => truncateSync(join(snapshot, 'mem'), 536_870_911),
  },
  {
    what: "a vmstate that names another machine's disk, its CRC put right",
    of: 'fc:v1',
    code: 'sidecar-mismatch',
    done: (_root, snapshot) => {
      const file = join(snapshot, 'vmstate');
      const text = readFileSync(file, 'latin1').replaceAll('WBU2V46LH7SE3BHGNWZ3XRXAZJ', 'XBU2V46LH7SE3BHGNWZ3XRXAZJ');
      writeFileSync(file, repaired(Buffer.from(text, 'latin1')));
    },
  },
  {
    what: 'a vmstate with one flipped bit',
    of: 'fc:v1',
    code: 'vmstate-malformed',
    done: (_root, snapshot) => flip(join(snapshot, 'vmstate'), 2000),
  },
  {
    what: 'an overlay as a decoy beside cow.raw',
    of: 'fc:v1',
    code: 'sidecar-mismatch',
    done: (_root, snapshot) => writeFileSync(join(snapshot, 'overlay.qcow2'), 'x'),
  },
  {
    what: 'a cidata disk beside a kernel, whose path cocoon leaves as it is',
    of: 'oci:v1',
    code: 'sidecar-mismatch',
    done: (_root, snapshot) => {
      writeFileSync(join(snapshot, 'cidata.img'), Buffer.alloc(4096));
      const path = '/var/lib/cocoon/run/cloudhypervisor/CWY7E77YWYZLGRUYIMEVDDQ5EZ/cidata.img';
      both(snapshot, (text) => text.replace(`/var/lib/cocoon/oci/blobs/${upper}.erofs`, path));
      edit(join(snapshot, 'cocoon.json'), (text) =>
        text.replace('"serial":"cocoon-layer1","role":"layer"', '"serial":"","role":"cidata"'),
      );
    },
  },
  {
    what: 'an unpacked kernel that nobody has sealed, which a Firecracker boots',
    of: 'fc:v1',
    code: 'blob-unsealed',
    done: (root) => writeFileSync(boot(root, 'vmlinux'), '\x7fELF'),
  },
];
for (const { what, of, code, done } of damages) {
  needs(atCocoonsPathNeeds, test, `denied: ${what}`, () => {
    const node = sealedNode();
    done(node.root, join(node.root, 'snapshot/localfile', ids[of]));
    const entry = entryOf(node, of);
    assert.is(entry.verdict, 'deny');
    assert.is(errorsOf(entry)[0]?.code, code, JSON.stringify(entry.findings));
    assert.ok(errorsOf(entry).every(({ remedy }) => remedy !== null && remedy !== ''));
  });
}

needs(
  atCocoonsPathNeeds,
  test,
  'an unpacked kernel is what the sealed packed one becomes, and needs no seal of its own',
  () => {
    const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(5000, 'kernel')]);
    const sealedWith = (unpacked: Buffer) => {
      const node = freshNode();
      writeFileSync(boot(node.root, 'vmlinuz'), Buffer.concat([Buffer.from('MZ'), gzipSync(elf)]));
      assert.is(run<SealReport>(node, ['seal', '--all']).status, 0);
      writeFileSync(boot(node.root, 'vmlinux'), unpacked);
      return node;
    };
    const vmlinuxOf = ({ blobs }: EntryReport) => blobs.find(({ path }) => path.endsWith('/vmlinux'));
    const good = sealedWith(elf);
    const entry = entryOf(good, 'fc:v1');
    assert.equal([entry.verdict, codes(entry), vmlinuxOf(entry)?.basis], ['allow', [], 'proved']);
    const [image] = run<VerifyReport>(good, ['verify', '--image', 'local/oci:v2']).report.images;
    assert.equal([image?.verdict, image && vmlinuxOf(image)?.how], ['allow', 'receipt']);
    const seals = readdirSync(good.state, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^seals\/.*vmlinux/.test(name),
    );
    assert.is(seals.length, 1);
    writeFileSync(join(good.state, seals[0] ?? ''), '{');
    rmSync(join(good.state, 'receipts'), { recursive: true });
    assert.ok(codes(entryOf(good, 'fc:v1')).includes('seal-unreadable'));
    const other = sealedWith(Buffer.concat([elf, Buffer.alloc(1)]));
    assert.equal(codes(entryOf(other, 'fc:v1')), ['blob-unsealed']);
    assert.is(run<VerifyReport>(other, ['verify', '--image', 'local/oci:v2']).status, 1);
  },
);

/** What cocoon is asked for, through the guard; `started` is whether the real cocoon would have been. */
const cloneThroughGuard = (node: Node, name: Name) => throughGuard(node, ['vm', 'clone', name]);

/** `does` is what cocoon does, in shell. */
function throughGuard({ root, state }: Node, words: readonly string[], does = ':') {
  const started = join(temporaryDirectory(), 'started');
  const cocoon = join(state, '../cocoon');
  writeFileSync(cocoon, `#!/bin/sh\n: >"$BC_STARTED" && ${does}\n`, { mode: 0o755 });
  const settings = [`BLOBCHECK_COCOON=${cocoon}`, `BLOBCHECK_NODE=${process.execPath}`, `BLOBCHECK_STATE_DIR=${state}`];
  const guard = ['env', ...settings, `BC_STARTED=${started}`, join(bin, 'cocoon-guard'), ...words];
  return { ...runAtCocoonsPath(root, guard), started: existsSync(started) };
}

needs(
  [...atCocoonsPathNeeds, 'receipts'],
  test,
  'the hook remembers an allow, until a layer or boot file is another',
  () => {
    const damaged: readonly (readonly [Name, string, number])[] = [
      ['oci:v1', `oci/blobs/${lowest}.erofs`, 60_000],
      ['fc:v1', `oci/boot/${lowest}/initrd.img`, 4000],
    ];
    for (const [name, file, at] of damaged) {
      const node = sealedNode();
      assert.ok(cloneThroughGuard(node, name).started);
      assert.ok(existsSync(join(node.state, 'stamps', name)));
      assert.ok(cloneThroughGuard(node, name).started);
      flip(join(node.root, file), at);
      const refused = cloneThroughGuard(node, name);
      assert.not(refused.started);
      assert.match(refused.stderr, 'blob-corrupt');
    }
  },
);

needs(atCocoonsPathNeeds, test, 'what a pull through the guard brings is sealed, every layer and boot file', () => {
  const node = freshNode();
  const away = temporaryDirectory();
  for (const file of ['oci/blobs', 'oci/boot']) renameSync(join(node.root, file), join(away, file.slice(4)));
  const brings = ['blobs', 'boot'].map((name) => `cp -r ${away}/${name} /var/lib/cocoon/oci/`).join(' && ');
  const ran = throughGuard(node, ['image', 'pull', 'local/oci:v2'], brings);
  assert.is(ran.status, 0, ran.stderr);
  const { blobs } = run<StatusReport>(node, ['status']).report;
  assert.equal(
    blobs.map(({ blob, basis }) => [blob, basis]),
    [`${lowest}.erofs`, `${lowest}.initrd.img`, `${lowest}.vmlinuz`, `${upper}.erofs`, `${other}.erofs`].map((blob) => [
      blob,
      'pull',
    ]),
  );
  assert.equal(blobs[0]?.images, ['local/oci:v1', 'local/oci:v2']);
  assert.equal(blobs[0]?.snapshots, ['fc:v1', 'oci-data:v2', 'oci:v1']);
  assert.is(entryOf(node, 'oci-data:v2').verdict, 'allow');
});

needs(atCocoonsPathNeeds, test, 'cocoon #46 and #230 end before cocoon starts, and a healthy clone goes on', () => {
  const node = sealedNode();
  for (const name of names) assert.equal([cloneThroughGuard(node, name).started, name], [true, name]);
  for (const [what, code] of [
    ['#46', 'layer-mismatch'],
    ['#230', 'raw-size-mismatch'],
  ] as const) {
    const damage = damages.find((one) => one.what.includes(`cocoon ${what}`));
    damage?.done(node.root, join(node.root, 'snapshot/localfile', ids['oci:v1']));
    const refused = cloneThroughGuard(node, 'oci:v1');
    assert.is(refused.status, 1);
    assert.match(refused.stderr, code);
    assert.not(refused.started);
  }
});

needs(atCocoonsPathNeeds, test, 'a layer whose superblock is damaged cannot be sealed', () => {
  const node = freshNode();
  flip(join(node.root, 'oci/blobs', `${upper}.erofs`), 1024 + 16);
  const { status, report } = run<SealReport>(node, ['seal', 'oci:v1']);
  assert.is(status, 1);
  const refused = report.blobs.find(({ outcome }) => outcome === 'refused');
  assert.is(refused?.blob, `${upper}.erofs`);
  assert.equal(
    refused?.findings.map(({ code }) => code),
    ['blob-unsealed', 'layer-malformed'],
  );
});

needs(atCocoonsPathNeeds, test, 'what needs no layer of its own says nothing against another snapshot', () => {
  const node = sealedNode();
  rmSync(join(node.root, 'oci/blobs', `${other}.erofs`));
  assert.equal(errorsOf(entryOf(node, 'oci:v1')), []);
  const [found] = errorsOf(entryOf(node, 'oci-data:v2'));
  assert.is(found?.code, 'blob-missing');
  assert.match(found?.remedy ?? '', /^cocoon image pull local\/oci@sha256:[0-9a-f]{64}$/);
});

needs(atCocoonsPathNeeds, test, 'a tag that has moved on is told, and the layers are those of the older image', () => {
  const node = sealedNode();
  edit(join(node.root, 'oci/db/images.json'), (text) => {
    const { images } = JSON.parse(text);
    images['local/oci:v1'] = { ...images['local/oci:v2'], ref: 'local/oci:v1' };
    return JSON.stringify({ images });
  });
  const entry = entryOf(node, 'oci:v1');
  assert.is(entry.verdict, 'allow');
  assert.equal(codes(entry), ['image-not-indexed', 'tag-moved']);
});

needs(atCocoonsPathNeeds, test, 'the paths of another spelling of the root are those of the root', () => {
  const node = sealedNode();
  const elsewhere = join(temporaryDirectory(), 'elsewhere');
  renameSync(join(node.root, 'oci'), elsewhere);
  assert.not(existsSync(join(node.root, 'oci')));
  assert.is(errorsOf(entryOf(node, 'oci:v1'))[0]?.code, 'blob-missing');
});

test.run();
