/** `vm clone --pull`: by what the index says, never by the bytes; what goes wrong is a warning. */
import { Failure } from './failure.mjs';
import { imageIndex, lookupAll } from './image-index.mjs';
import { pullUrl, silentProgress } from './image-pull.mjs';
import { makeImageDirectories } from './layout.mjs';

const WHERE = 'core.EnsureImage';

export async function ensureImage(context, { image, image_digest: digest, image_type: type }) {
  if (!image || !type) return;
  makeImageDirectories(context.conf);
  if (type !== 'cloudimg') throw new Failure('the stand-in clones from cloud images only');
  const { conf, log, signal } = context;
  const isIndexed = (word) => imageIndex(conf).read(signal, (index) => lookupAll(index, word).length > 0);
  if (await isIndexed(digest || image)) return;
  log.info(WHERE, `base image not found locally, pulling ${image} ...`);
  try {
    await pullUrl(context, image, false, silentProgress);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const outcome = 'clone may fail if base layers are missing';
    log.warn(WHERE, `auto-pull ${image} failed (imported image?): ${error.message} — ${outcome}`);
    return;
  }
  if (digest && !(await isIndexed(digest))) {
    const missing = `expected digest ${digest} not found locally`;
    log.warn(WHERE, `pulled ${image} but ${missing} — clone may fail in VerifyBaseFiles`);
    return;
  }
  log.info(WHERE, `base image ${image} pulled successfully`);
}
