import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whyNotPrivate } from '../../lib/file/private.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a directory that is private');

// What is made here is nobody else's to write unless it is said.
process.umask(0o022);

/** Another user than root and we. */
const SOMEBODY = 12345;

interface Place {
  readonly base: string;
  readonly directory: string;
  readonly file: string;
}

function place(): Place {
  const base = fs.realpathSync(temporaryDirectory());
  const directory = join(base, 'exports', 'snapshot');
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  const file = join(directory, 'overlay.qcow2');
  fs.writeFileSync(file, 'overlay', { mode: 0o644 });
  return { base, directory, file };
}

/** What is the matter, from `base` on and relative to it: the machine's own directories are not ours to judge. */
async function reasons({ base }: Place, path: string): Promise<string[]> {
  const found = await whyNotPrivate(path);
  return found
    .filter((one) => one.path.startsWith(base))
    .map((one) => `${one.path.slice(base.length + 1) || '.'}: ${one.kind}: ${one.reason}`);
}

async function as(user: number, at: Place): Promise<string[]> {
  process.seteuid?.(user);
  try {
    return await reasons(at, at.directory);
  } finally {
    process.seteuid?.(0);
  }
}

test('one that only root and we can write, as its parents and files', async () => {
  const at = place();
  assert.equal(await reasons(at, at.directory), []);
  assert.equal(await reasons(at, `${at.directory}/`), []);
  assert.equal(await reasons(at, `${at.directory}/../snapshot/.`), []);
});

needs(
  ['root'],
  test,
  'nothing is the matter with a directory of ours in /tmp, which all may write, up to the root',
  async () => {
    const directory = fs.mkdtempSync('/var/tmp/blobcheck-test-');
    try {
      assert.is(fs.statSync('/var/tmp').mode & 0o1777, 0o1777);
      assert.equal(await whyNotPrivate(directory), []);
    } finally {
      fs.rmdirSync(directory);
    }
  },
);

for (const [part, name] of [
  ['directory', 'exports/snapshot'],
  ['parent', 'exports'],
  ['parent’s parent', '.'],
  ['file', 'exports/snapshot/overlay.qcow2'],
] as const) {
  for (const mode of [0o775, 0o757, 0o777]) {
    test(`a ${part} of mode ${mode.toString(8)}`, async () => {
      const at = place();
      fs.chmodSync(join(at.base, name), mode);
      const expected = `${name}: writable: others can write it (mode 0${mode.toString(8)})`;
      assert.equal(await reasons(at, at.directory), [expected]);
      fs.chmodSync(join(at.base, name), mode & 0o755);
      assert.equal(await reasons(at, at.directory), []);
    });
  }

  needs(['root'], test, `a ${part} of somebody else`, async () => {
    const at = place();
    fs.chownSync(join(at.base, name), SOMEBODY, 0);
    assert.equal(await reasons(at, at.directory), [`${name}: owner: belongs to user ${SOMEBODY}`]);
    // A group alone may do nothing.
    fs.chownSync(join(at.base, name), 0, SOMEBODY);
    assert.equal(await reasons(at, at.directory), []);
  });
}

needs(['root'], test, 'root’s and ours are private to us, ours is not to another', async () => {
  const at = place();
  for (const path of [at.base, dirname(at.directory), at.directory]) fs.chownSync(path, SOMEBODY, SOMEBODY);
  // The file is root's.
  assert.equal(await as(SOMEBODY, at), []);
  fs.chmodSync(at.base, 0o755);
  const owner = `owner: belongs to user ${SOMEBODY}`;
  assert.equal(await as(SOMEBODY + 1, at), [`.: ${owner}`, `exports: ${owner}`, `exports/snapshot: ${owner}`]);
});

test('a sticky parent that all may write does no harm, a sticky directory does', async () => {
  const at = place();
  fs.chmodSync(join(at.base, 'exports'), 0o1777);
  assert.equal(await reasons(at, at.directory), []);
  fs.chmodSync(at.directory, 0o1777);
  const expected = 'exports/snapshot: writable: others can write it (mode 1777)';
  assert.equal(await reasons(at, at.directory), [expected]);
});

needs(['root'], test, 'in a sticky parent that all may write, somebody else’s things are his to replace', async () => {
  const at = place();
  const sticky = join(at.base, 'exports');
  const link = join(sticky, 'link');
  fs.symlinkSync('snapshot', link);
  fs.chmodSync(sticky, 0o1777);
  assert.equal(await reasons(at, link), []);
  fs.lchownSync(link, SOMEBODY, SOMEBODY);
  assert.equal(await reasons(at, link), [`exports/link: owner: belongs to user ${SOMEBODY}`]);
  // Where only we may write, nobody replaces it, whoever made it.
  fs.chmodSync(sticky, 0o755);
  assert.equal(await reasons(at, link), []);
  fs.chmodSync(sticky, 0o1777);
  fs.chownSync(sticky, SOMEBODY, 0);
  fs.lchownSync(link, 0, 0);
  assert.equal(await reasons(at, link), [`exports: owner: belongs to user ${SOMEBODY}`]);
});

needs(['setfacl'], test, 'an ACL that lets somebody write', async () => {
  const at = place();
  const acl = (entry: string, path: string) => execFileSync('setfacl', ['-m', entry, path]);
  acl(`u:${SOMEBODY}:rx`, at.directory);
  assert.equal(await reasons(at, at.directory), []);
  acl(`u:${SOMEBODY}:rwx`, at.directory);
  const [found, ...others] = await reasons(at, at.directory);
  assert.match(found ?? '', 'exports/snapshot: writable');
  assert.equal(others, []);
});

test('who can write beside a link on the way leads us elsewhere', async () => {
  const at = place();
  fs.mkdirSync(join(at.base, 'links'));
  fs.symlinkSync(join('..', 'exports'), join(at.base, 'links', 'middle'));
  const through = join(at.base, 'links', 'middle', 'snapshot');
  assert.equal(await reasons(at, through), []);
  fs.chmodSync(join(at.base, 'links'), 0o777);
  assert.equal(await reasons(at, through), ['links: writable: others can write it (mode 0777)']);
  assert.equal(await reasons(at, at.directory), []);
});

test('who can write on the way that a link leads', async () => {
  const at = place();
  const link = join(at.base, 'link');
  fs.mkdirSync(join(at.base, 'detour'));
  fs.symlinkSync(`${at.base}/detour/../exports/snapshot`, link);
  assert.equal(await reasons(at, link), []);
  fs.chmodSync(join(at.base, 'detour'), 0o777);
  assert.equal(await reasons(at, link), ['detour: writable: others can write it (mode 0777)']);
});

test('`..` behind a link is not followed by all in the same way', async () => {
  const at = place();
  fs.symlinkSync('exports/snapshot', join(at.base, 'link'));
  assert.equal(await reasons(at, join(at.base, 'link')), []);
  assert.equal(await reasons(at, `${at.base}/link/../snapshot`), [
    'link: ambiguous: is a symbolic link, and `..` follows it: programs differ in where that leads',
  ]);
});

test('an entry that is a link leads to what is not judged', async () => {
  const at = place();
  fs.symlinkSync('overlay.qcow2', join(at.directory, 'cow.raw'));
  assert.equal(await reasons(at, at.directory), ['exports/snapshot/cow.raw: link: is a symbolic link']);
});

test('every entry is judged, whatever it is and however it is called', async () => {
  const at = place();
  fs.mkdirSync(join(at.directory, 'sub'));
  fs.writeFileSync(Buffer.concat([Buffer.from(`${at.directory}/`), Buffer.from([0x66, 0xff, 0x66])]), '');
  assert.equal(await reasons(at, at.directory), []);
  fs.chmodSync(join(at.directory, 'sub'), 0o777);
  fs.chmodSync(Buffer.concat([Buffer.from(`${at.directory}/`), Buffer.from([0x66, 0xff, 0x66])]), 0o666);
  assert.equal((await reasons(at, at.directory)).sort(), [
    'exports/snapshot/f\ufffdf: writable: others can write it (mode 0666)',
    'exports/snapshot/sub: writable: others can write it (mode 0777)',
  ]);
});

test('another name of a file has its mode', async () => {
  const at = place();
  const other = join(at.base, 'other-name');
  fs.linkSync(at.file, other);
  assert.equal(await reasons(at, at.directory), []);
  fs.chmodSync(other, 0o666);
  const expected = 'exports/snapshot/overlay.qcow2: writable: others can write it (mode 0666)';
  assert.equal(await reasons(at, at.directory), [expected]);
});

test('a directory of more entries than anybody would look at', async () => {
  const at = place();
  for (let made = 1; made < 10_000; made++) fs.writeFileSync(join(at.directory, `x${made}`), '');
  assert.equal(await reasons(at, at.directory), []);
  fs.writeFileSync(join(at.directory, 'one-more'), '');
  const expected = 'exports/snapshot: too-many-entries: has more than 10000 entries';
  assert.equal(await reasons(at, at.directory), [expected]);
});

test('what is no directory is told, not thrown', async () => {
  const at = place();
  assert.equal(await reasons(at, at.file), [
    'exports/snapshot/overlay.qcow2: not-directory: is not a directory but a file',
  ]);
  assert.equal(await reasons(at, join(at.base, 'gone', 'x')), ['gone: missing: is not there']);
  fs.symlinkSync('loop', join(at.base, 'loop'));
  assert.equal(await reasons(at, join(at.base, 'loop')), ['loop: too-many-links: is one symbolic link too many']);
  assert.match((await reasons(at, `${at.base}/nul\0byte`))[0] ?? '', /unreadable: cannot be looked at: /);
  for (const path of ['', 'snapshot', '../snapshot', `/proc/self/root${at.directory}`, '/usr/../proc/self/cwd']) {
    const reason = 'is not an absolute path, or leads through /proc';
    assert.equal(await whyNotPrivate(path), [{ path, kind: 'not-absolute', reason }]);
  }
});

needs(['root'], test, 'what the system does not show us is not private', async () => {
  const at = place();
  fs.chmodSync(at.base, 0o755);
  assert.equal(await as(SOMEBODY, at), []);
  fs.chmodSync(at.directory, 0o711);
  assert.equal(await as(SOMEBODY, at), ['exports/snapshot: unreadable: cannot be listed: EACCES: permission denied']);
  fs.chmodSync(join(at.base, 'exports'), 0o700);
  assert.equal(await as(SOMEBODY, at), [
    'exports/snapshot: unreadable: cannot be looked at: EACCES: permission denied',
  ]);
});

needs(['mkfifo'], test, 'no entry is opened, so a FIFO does not block', async () => {
  const at = place();
  const fifo = join(at.directory, 'fifo');
  execFileSync('mkfifo', ['-m', '600', fifo]);
  assert.equal(await reasons(at, at.directory), []);
  fs.chmodSync(fifo, 0o666);
  assert.equal(await reasons(at, at.directory), ['exports/snapshot/fifo: writable: others can write it (mode 0666)']);
});

test.run();
