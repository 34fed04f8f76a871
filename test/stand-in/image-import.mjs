/** `image import`: a qcow2 file, its parts, or a stream that may be packed with gzip. Layers of OCI images are not taken. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { commitBlob, commitEntry } from './commit.mjs';
import { attempt, Failure, within } from './failure.mjs';
import { isFilled, layoutOf, makeImageDirectories } from './layout.mjs';
import { headOf, QCOW2, refuseHead, startsWith } from './source.mjs';
import { temporaryFile } from './temporary-file.mjs';

const GZIP = Buffer.from([0x1f, 0x8b]);

export async function run(context) {
  const [name, ...files] = context.words;
  if (files.length === 0) {
    context.log.info('cmd.image.import', 'importing from stdin ...');
    await importStream(context, name, process.stdin);
    return;
  }
  const kind = kindOf(files[0]);
  if (kind === 'tar') throw new Failure('the stand-in imports no layers of OCI images');
  if (kind === 'qcow2') {
    await importFiles(context, name, files);
    return;
  }
  if (files.length > 1) throw new Failure(`stream imports accept exactly one file, got ${files.length}`);
  context.log.info('cmd.images.importLocalStream', `importing from ${files[0]} ...`);
  await importStream(context, name, createReadStream(files[0]));
}

function kindOf(path) {
  const descriptor = attempt(`open ${path}: open`, path, () => openSync(path, 'r'));
  const head = headOf(descriptor, 512);
  closeSync(descriptor);
  if (startsWith(head, GZIP)) return 'stream';
  if (startsWith(head, QCOW2)) return 'qcow2';
  if (head.subarray(257, 262).toString() === 'ustar') return 'tar';
  throw new Failure(`cannot detect file type for ${path} (expected qcow2 or tar)`);
}

async function importFiles(context, name, files) {
  const { conf, log } = context;
  const one = files.length === 1;
  const what = one ? `qcow2 file ${files[0]}` : `split qcow2 parts (${files.length} files)`;
  log.info('cmd.image.import', `importing ${what} ...`);
  makeImageDirectories(conf);
  const progress = shownProgress(log, name, 'cmd.images.importCloudimgFiles');
  log.info('cmd.images.importCloudimgFiles', `hashing ${one ? files[0] : what}`);
  await within(`import ${name}`, async () => {
    const parts = files.map((path) => attempt(`open ${path}: open`, path, () => readFileSync(path)));
    const bytes = Buffer.concat(parts);
    await within(`import ${one ? files[0] : name}`, () => refuseHead(bytes.subarray(0, 8)));
    const hex = createHash('sha256').update(bytes).digest('hex');
    if (one && isFilled(layoutOf(conf).blob(hex))) {
      await commitEntry(context, { ref: name, hex, progress });
      log.info('cloudimg.import', `import complete (cached): ${name} -> sha256:${hex}`);
      return;
    }
    await commitBytes(context, name, bytes, hex, progress);
  });
}

async function importStream(context, name, stream) {
  const { conf, log } = context;
  const bytes = await within('detect image type', () => unpacked(stream));
  if (!startsWith(bytes, QCOW2)) throw new Failure('the stand-in imports no layers of OCI images');
  makeImageDirectories(conf);
  log.info('cmd.images.importCloudimgReader', `reading stream for ${name}`);
  const progress = shownProgress(log, name, 'cmd.images.importCloudimgReader');
  const hex = createHash('sha256').update(bytes).digest('hex');
  await within(`import ${name}`, () => commitBytes(context, name, bytes, hex, progress));
}

async function unpacked(stream) {
  const packed = await collect(stream);
  if (packed.length === 0) throw new Failure('peek: EOF');
  if (!startsWith(packed, GZIP)) return packed;
  const gunzip = createGunzip();
  gunzip.end(packed);
  return await collect(gunzip);
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function commitBytes(context, name, bytes, hex, progress) {
  const file = temporaryFile(layoutOf(context.conf).temp, 'import-', '.img');
  try {
    writeSync(file.descriptor, bytes);
    await commitBlob(context, { ref: name, source: file.path, hex, progress });
  } finally {
    closeSync(file.descriptor);
    rmSync(file.path, { force: true });
  }
  context.log.info('cloudimg.import', `import complete: ${name} -> sha256:${hex}`);
}

function shownProgress(log, name, where) {
  return {
    converting: () => log.info(where, 'converting to qcow2...'),
    committing: () => log.info(where, 'committing...'),
    done: () => log.info(where, `done: ${name}`),
  };
}
