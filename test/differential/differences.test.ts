import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { anatomyOf } from './anatomy.js';
import { checkOf, infoOf, resize } from './ask-qemu.js';
import { examples } from './difference-examples.js';
import { looser, stricter } from './differences.js';
import { explain, type QemuSays } from './explain.js';
import { type Blobs, makeBlobs } from './images.js';
import { type Judged, judgeFile, type Role } from './judge.js';

const test = suite('docs/qcow2-differences.md');

const page = fileURLToPath(new URL('../../docs/qcow2-differences.md', import.meta.url));
const overlaysTable = fileURLToPath(new URL('../fixtures/overlays/overlays.tsv', import.meta.url));

interface Line {
  readonly id: string;
  readonly qemu: string;
  readonly hypervisor: string;
  readonly ours: string;
  /** An overlay of test/fixtures/overlays of which the hypervisor's answer is known. */
  readonly seen: string | null;
}

/** The lines of the tables on verdicts. */
function lines(): Line[] {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => /^\| `[a-z0-9-]+` \|/.test(line));
  return rows.map((row) => {
    const [, id = '', , qemu = '', hypervisor = '', ours = ''] = row.split('|').map((cell) => cell.trim());
    const seen = /\(seen: `([a-z0-9-]+)`\)/.exec(hypervisor)?.[1] ?? null;
    return { id: id.replaceAll('`', ''), qemu, hypervisor, ours, seen };
  });
}

const first = (cell: string) => /^[a-z]+/.exec(cell)?.[0] ?? cell;

/** One word for what QEMU does with an image. */
async function wordOfQemu({ info, check }: QemuSays, path: string, role: Role): Promise<string> {
  if (info.kind === 'refused') return 'refuses';
  if (check.kind === 'checked' && check.corruptions + check.errors > 0) return 'corrupt';
  if (role === 'blob') return check.kind === 'refused' ? 'refuses' : 'accepts';
  copyFileSync(path, `${path}.copy`);
  // For an overlay it is the opening for writing that counts.
  return (await resize(`${path}.copy`, '+1M')) === null ? 'accepts' : 'reads';
}

const ourWord = (judged: Judged) => (judged.isAllowed ? 'allowed' : `\`${judged.errors[0]?.code}\``);

test('every deliberate difference that explains a verdict has a line and an example, and no line is without', () => {
  const ids = [...stricter, ...looser].map(({ id }) => id).sort();
  assert.equal(
    lines()
      .map(({ id }) => id)
      .sort(),
    ids,
  );
  assert.equal(examples.map(({ id }) => id).sort(), ids);
});

test('the hypervisor did with the overlay that a line names what the line says', () => {
  const seen = lines().filter((line) => line.seen !== null);
  assert.ok(seen.length > 5);
  const rows = readFileSync(overlaysTable, 'utf8')
    .split('\n')
    .map((row) => row.split('\t'));
  for (const { id, hypervisor, seen: name } of seen) {
    const clone = rows.find(([overlay]) => overlay === name)?.[2] ?? 'not there';
    assert.is(
      first(hypervisor),
      clone === 'opened' || clone.startsWith('opened ') ? 'opens' : clone === 'refused' ? 'refuses' : clone,
      id,
    );
  }
});

const directory = temporaryDirectory();
let made: Blobs | undefined;

for (const { id, role, make } of examples) {
  needs(['qemu-img', 'qemu-io', 'sha256sum'], test, `${id}: QEMU does what the page says, and so do we`, async () => {
    made ??= makeBlobs(directory);
    const blobs = made;
    const path = join(directory, `${id}.qcow2`);
    make(path, blobs);
    const judged = await judgeFile(path, role, blobs.directory);
    const line = lines().find((one) => one.id === id);
    const says = { info: await infoOf(path), check: await checkOf(path) };
    assert.is(first(line?.qemu ?? ''), await wordOfQemu(says, path, role));
    assert.match(line?.ours ?? '', ourWord(judged));
    // Nobody walks an encrypted image without its key.
    if (id === 'encrypted') return;
    const { differences, unexplained } = explain(judged, says, () => anatomyOf(readFileSync(path)));
    assert.equal(unexplained, []);
    assert.ok(differences.includes(id), `explained by ${differences.join(', ')}`);
  });
}

test.run();
