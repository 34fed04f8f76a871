import { rmSync } from 'node:fs';
import { DOCUMENT_LIMIT } from '../../lib/store/json-limits.js';
import { sparseFile } from '../builders/archive.js';
import { type Export, withFile, withRecord, withText } from '../builders/exported-archive.js';
import { overlayOn, type SmallNode } from '../builders/small-node.js';

/** An archive whose end may be another. */
export type JudgedArchive = Export<Pick<SmallNode, 'root' | 'state'>> & { readonly end?: Buffer };

/** What is wrong with an archive, the finding that says it, and the words by which a person knows it. */
export const damages: readonly (readonly [
  what: string,
  code: string,
  words: string,
  (made: Export) => JudgedArchive,
])[] = [
  [
    'an entry that is a link',
    'archive-malformed',
    'entry "x": it holds a symbolic link',
    (made) => ({ ...made, files: [...made.files, { name: 'x', type: '2' }] }),
  ],
  [
    'a name that leads out',
    'archive-malformed',
    'entry "../x": the name holds a slash',
    (made) => ({ ...made, files: [...made.files, { name: '../x' }] }),
  ],
  [
    'a file twice',
    'archive-malformed',
    'the name stands there twice',
    (made) => ({ ...made, files: [...made.files, ...made.files.slice(0, 1)] }),
  ],
  [
    'no record in front',
    'archive-malformed',
    'the first entry is not snapshot.json',
    (made) => ({ ...made, first: { name: 'other', content: 'x' } }),
  ],
  [
    'a record that is no JSON',
    'sidecar-malformed',
    'it ends too early',
    (made) => ({ ...made, first: { ...made.first, content: '{' } }),
  ],
  [
    'a record of a version that nobody knows',
    'snapshot-unsupported',
    'version 2 of snapshot.json is not known',
    (made) => ({ ...made, first: { ...made.first, content: '{"config":{},"version":2}' } }),
  ],
  [
    'a record of another base',
    'digest-mismatch',
    'the record and the overlay name different bases',
    (made) => ({
      ...made,
      first: {
        ...made.first,
        content: String(made.first.content).replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`),
      },
    }),
  ],
  [
    'no overlay',
    'snapshot-file-missing',
    "overlay.qcow2 is not in the snapshot's directory",
    (made) => withFile(made, 'overlay.qcow2', () => null),
  ],
  [
    'no sidecar',
    'snapshot-file-missing',
    "cocoon.json is not in the snapshot's directory",
    (made) => withFile(made, 'cocoon.json', () => null),
  ],
  [
    'a sidecar that two read differently',
    'sidecar-malformed',
    'one reader takes the key',
    (made) => withText(made, 'cocoon.json', (text) => text.replace('{"path":', '{"Path":"x","path":')),
  ],
  [
    'an entropy source of the host',
    'vm-config-host-access',
    'rng.src is not what cocoon writes',
    (made) => withText(made, 'config.json', (text) => text.replace('/dev/urandom', '/etc/shadow')),
  ],
  [
    'memory that is a byte short',
    'memory-size-mismatch',
    'guest memory has not the size that it must have',
    (made) => withFile(made, 'memory-ranges', () => sparseFile('memory-ranges', 536_870_911, [])),
  ],
  [
    'an overlay on a file of the host',
    'backing-outside-store',
    'a base outside the store',
    (made) => withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: overlayOn('/etc/shadow') })),
  ],
  [
    'an overlay that names a socket',
    'backing-not-a-path',
    'QEMU takes it for a protocol',
    (made) => withFile(made, 'overlay.qcow2', (file) => ({ ...file, content: overlayOn('nbd:127.0.0.1:1') })),
  ],
  [
    'an overlay with a damaged header',
    'overlay-malformed',
    'cluster_bits is 40',
    (made) =>
      withFile(made, 'overlay.qcow2', (file) => {
        const content = Buffer.from(file.content as Buffer);
        content.writeUInt32BE(40, 20);
        return { ...file, content };
      }),
  ],
  [
    'an overlay with damaged tables',
    'overlay-malformed',
    'the L1 entry at byte',
    (made) =>
      withFile(made, 'overlay.qcow2', (file) => {
        const content = Buffer.from(file.content as Buffer);
        content.writeBigUInt64BE(1n, Number(content.readBigUInt64BE(40)));
        return { ...file, content };
      }),
  ],
  [
    'a disk that begins as another format',
    'raw-disk-probed',
    'would be taken for qcow2',
    (made) =>
      withFile(made, 'cidata.img', (file) => ({
        ...file,
        content: Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), (file.content as Buffer).subarray(4)]),
      })),
  ],
  [
    'a disk of another size',
    'raw-size-mismatch',
    'has not the size that the guest knows',
    (made) => withFile(made, 'cidata.img', (file) => ({ ...file, content: (file.content as Buffer).subarray(512) })),
  ],
  [
    'a base that this node does not have',
    'blob-missing',
    'is not in the store',
    (made) => {
      rmSync(made.node.blob);
      return made;
    },
  ],
  [
    'a hypervisor that nobody knows',
    'snapshot-unsupported',
    'a snapshot of other, which this version cannot judge',
    (made) => withRecord(made, { hypervisor: 'other' }),
  ],
  [
    'an image of a type that nobody knows',
    'snapshot-unsupported',
    'a snapshot of an image of the type other',
    (made) => withRecord(made, { image_type: 'other' }),
  ],
  [
    'a record that is larger than any',
    'sidecar-malformed',
    `it has more than ${DOCUMENT_LIMIT} bytes`,
    (made) => ({ ...made, first: { name: 'snapshot.json', content: Buffer.alloc(DOCUMENT_LIMIT + 1, ' ') } }),
  ],
  [
    'a sidecar that is larger than any',
    'sidecar-malformed',
    `it has ${DOCUMENT_LIMIT + 1} bytes`,
    (made) => withFile(made, 'state.json', ({ name }) => ({ name, content: Buffer.alloc(DOCUMENT_LIMIT + 1, ' ') })),
  ],
  ['an end that is missing', 'archive-malformed', 'at byte', (made) => ({ ...made, end: Buffer.alloc(0) })],
];
