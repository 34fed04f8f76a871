import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { needs } from '../support/requires.js';
import { refusal } from './refusal.js';
import { built, idsSeen } from './sqlite-root.js';

const test = suite('whose database it is');

test('another program’s database, a newer one and none at all are told apart', async () => {
  await refusal(openStore(built({ applicationId: 0 }).location), 'metadata-unreadable', /application_id is 0,/);
  await refusal(
    openStore(built({ applicationId: 0x434f434f }).location),
    'metadata-unreadable',
    /not cocoon's database/,
  );
  const newer = await refusal(openStore(built({ userVersion: 2 }).location), 'metadata-newer', /version 2; we know 1/);
  assert.ok(newer.path?.endsWith('meta.db'));
  assert.is((await idsSeen(built({ userVersion: 0 }))).length, 3);
  await refusal(
    openStore(built({ applicationId: 7, userVersion: 2 }).location),
    'metadata-unreadable',
    /not cocoon's database/,
  );
});

test('a namespace without a row, or in a state of its own, is not empty', async () => {
  for (const namespace of ['snapshots', 'images_cloudimg', 'images_oci', 'vms_cloudhypervisor', 'vms_firecracker']) {
    const gone = built({ states: { [namespace]: null } });
    await refusal(
      openStore(gone.location),
      'metadata-unreadable',
      `${namespace} cannot be read: it is not initialised`,
    );
    const odd = built({ states: { [namespace]: 'converting' } });
    await refusal(
      openStore(odd.location),
      'metadata-unreadable',
      `${namespace} cannot be read: its state is "converting"`,
    );
  }
  assert.is((await idsSeen(built({ states: { snapshots: 'converted', metering: null } }))).length, 3);
});

test('what is no database is unreadable with the reason', async () => {
  const root = built();
  truncateSync(root.database, 8192);
  await refusal(openStore(root.location), 'metadata-unreadable', /malformed|not a database|no such table/);
  truncateSync(root.database, 0);
  await refusal(openStore(root.location), 'metadata-unreadable', /application_id is 0/);
  writeFileSync(root.database, 'x'.repeat(10_000));
  await refusal(openStore(root.location), 'metadata-unreadable', /not a database/);
  rmSync(root.database);
  mkdirSync(root.database);
  await refusal(openStore(root.location), 'metadata-unreadable', /not a regular file/);
});

needs(['mkfifo'], test, 'a pipe in the place of the database is not waited for', async () => {
  const root = built();
  rmSync(root.database);
  execFileSync('mkfifo', [root.database]);
  await refusal(openStore(root.location), 'metadata-unreadable', /not a regular file/);
});

needs(['sqlite3'], test, 'a table that is missing is named', async () => {
  const root = built();
  execFileSync('sqlite3', [root.database, 'DROP TABLE snapshots__tombstones']);
  const store = await openStore(root.location);
  await refusal(store.resolve('ID0'), 'metadata-unreadable', /no such table: snapshots__tombstones/);
  await store.close();
});

test.run();
