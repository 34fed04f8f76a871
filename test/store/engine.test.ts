import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseEngine } from '../../lib/store/engine.js';
import type { MetaBackend } from '../../lib/store/location.js';
import { openStore } from '../../lib/store/open.js';
import { writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('which engine keeps the metadata');

const at = (root: string, metaBackend: MetaBackend | null = null) => ({ root, metaBackend });
const built = (engine: MetaBackend) => buildRoot({ directory: temporaryDirectory(), engine }).directory;

test('a database makes a root sqlite, any index makes it JSON', async () => {
  assert.is(await chooseEngine(at(built('sqlite'))), 'sqlite');
  assert.is(await chooseEngine(at(built('json'))), 'json');
  const root = temporaryDirectory();
  mkdirSync(join(root, 'firecracker', 'db'), { recursive: true });
  writeFileSync(join(root, 'firecracker', 'db', 'vms.json'), '{}');
  assert.is(await chooseEngine(at(root)), 'json');
  assert.equal(await (await openStore(at(root))).listSnapshots(), []);
});

test('a root that is absent or holds no metadata is not "all well"', async () => {
  const root = temporaryDirectory();
  await refusal(openStore(at(join(root, 'absent'))), 'metadata-unreadable', /no such root directory/);
  await refusal(openStore(at(root)), 'metadata-unreadable', /holds no metadata/);
  await refusal(openStore(at(root, 'json')), 'metadata-unreadable', /meta_backend is json/);
  await refusal(openStore(at(built('json'), 'sqlite')), 'metadata-unreadable', /meta_backend is sqlite/);
  await refusal(openStore(at(built('sqlite'), 'json')), 'metadata-unreadable', /meta_backend is json/);
  const file = join(root, 'file');
  writeFileSync(file, '');
  await refusal(openStore(at(file)), 'metadata-unreadable', /holds no metadata/);
});

test('what is left of another generation is not metadata', async () => {
  const root = built('json');
  const index = join(root, 'snapshot', 'db', 'snapshots.json');
  renameSync(index, `${index}.prev`);
  renameSync(
    join(root, 'cloudimg', 'db', 'images.json'),
    join(root, 'cloudimg', 'db', 'images.json.converted-20261124T204400Z'),
  );
  await refusal(openStore(at(root)), 'metadata-unreadable', /holds no metadata/);
});

test('a conversion in flight is refused whatever the engine', async () => {
  for (const engine of ['json', 'sqlite'] as const) {
    const root = built(engine);
    mkdirSync(join(root, 'meta'), { recursive: true });
    const manifest = join(root, 'meta', 'meta-convert.manifest');
    writeFileSync(manifest, '{"target": "sqlite"}');
    const error = await refusal(openStore(at(root, engine)), 'metadata-converting', /in flight/);
    assert.is(error.path, manifest);
    rmSync(manifest);
    assert.is((await openStore(at(root))).engine, engine);
  }
});

test('both engines side by side are ambiguous until a setting decides', async () => {
  const root = built('json');
  writeDatabase(join(root, 'meta', 'meta.db'));
  const error = await refusal(openStore(at(root)), 'metadata-ambiguous', /meta\.db and .*snapshots\.json/);
  assert.match(error.hint ?? '', /COCOON_META_BACKEND/);
  assert.is((await openStore(at(root, 'json'))).engine, 'json');
  assert.is((await openStore(at(root, 'sqlite'))).engine, 'sqlite');
});

test('a finished conversion leaves its sources aside, and they are not live', async () => {
  const root = built('json');
  writeDatabase(join(root, 'meta', 'meta.db'));
  for (const index of ['snapshot/db/snapshots.json', 'cloudimg/db/images.json']) {
    renameSync(join(root, index), join(root, `${index}.converted-20261124T204400Z`));
  }
  assert.is((await openStore(at(root))).engine, 'sqlite');
});

if (process.getuid?.() !== 0) {
  test('a directory that we may not enter is not absent metadata', async () => {
    const root = built('json');
    mkdirSync(join(root, 'meta'));
    chmodSync(join(root, 'meta'), 0);
    await refusal(openStore(at(root)), 'metadata-unreadable', /EACCES/);
    chmodSync(join(root, 'meta'), 0o700);
  });
}

test.run();
