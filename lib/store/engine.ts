import { statSync } from 'node:fs';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { conversionManifest, databaseFile, jsonIndexes } from './layout.js';
import type { MetaBackend, StoreLocation } from './location.js';

/**
 * Decides which engine keeps the metadata of a root, as the cocoon that will run decides it. A root without any is not
 * "all well": throws `metadata-unreadable`; `metadata-converting` while a conversion is in flight; `metadata-ambiguous`
 * where both engines have live metadata and no setting says which.
 */
export async function chooseEngine(location: StoreLocation): Promise<MetaBackend> {
  const { root, metaBackend } = location;
  if (!exists(root)) {
    throw new BlobcheckError('metadata-unreadable', 'there is no such root directory', { path: root, hint: otherRoot });
  }
  const manifest = conversionManifest(root);
  if (exists(manifest)) {
    throw new BlobcheckError('metadata-converting', 'a conversion of the metadata is in flight', {
      path: manifest,
      hint: 'Run `cocoon meta convert` to its end; cocoon opens neither engine before.',
    });
  }
  const database = databaseFile(root);
  const hasDatabase = exists(database);
  const live = liveIndexes(root);

  if (metaBackend === 'sqlite' && !hasDatabase)
    throw nothing(root, `meta_backend is sqlite and ${database} is missing`);
  if (metaBackend === 'json' && live.length === 0) throw nothing(root, 'meta_backend is json and there is no index');
  if (metaBackend !== null) return metaBackend;
  if (hasDatabase && live.length > 0) {
    throw new BlobcheckError('metadata-ambiguous', `both ${database} and ${live.join(', ')} are there`, {
      path: root,
      hint: 'Set COCOON_META_BACKEND (or meta_backend in the configuration file) to the engine of the cocoon that runs here.',
    });
  }
  if (hasDatabase) return 'sqlite';
  if (live.length > 0) return 'json';
  throw nothing(root, 'neither a database nor an index is there');
}

const otherRoot = 'Is this the root directory of cocoon? --root-dir or COCOON_ROOT_DIR names another.';

/** A finished conversion leaves `X.json.converted-<time>`, and a write `X.json.prev`: neither is live. */
function liveIndexes(root: string): readonly string[] {
  return jsonIndexes(root).filter(exists);
}

function nothing(root: string, reason: string): BlobcheckError {
  return new BlobcheckError('metadata-unreadable', `the root holds no metadata: ${reason}`, {
    path: root,
    hint: otherRoot,
  });
}

/** What cannot be looked at is not absent: no permission must never make a root look like another kind of root. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    // Not every Node counts it as no entry that a file stands where a directory was looked for.
    if (systemErrorCode(cause) === 'ENOTDIR') return false;
    throw new BlobcheckError('metadata-unreadable', `cannot look at it: ${systemErrorText(cause)}`, {
      path,
      cause,
      ...(systemErrorCode(cause) === 'EACCES'
        ? { hint: 'Run it as root, or as a user who may read the whole root.' }
        : {}),
    });
  }
}
