/** Which programs are started, from where, and with what: read in the sources, and seen from outside. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode, snapshotOn } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { startedBy } from '../support/started.js';
import { temporaryDirectory } from '../support/temporary.js';
import { forge } from '../verify/blobs.js';

const test = suite('the programs that are started');

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(project, path), 'utf8');
const sources = readdirSync(join(project, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => ({ name, text: read(join('lib', name)) }));

/**
 * Every file that starts a process, and what stands in the place of the program. No name among them comes from the disk:
 * `program` is what its caller of the same list says, `command` is cocoon, behind setpriv where that is.
 */
const starters: Readonly<Record<string, string>> = {
  'cli/detached.ts': 'program',
  'cli/sealing.ts': 'program',
  'digest/direct.ts': "'dd'",
  'install/run-program.ts': 'program',
  'remedy/cocoon.ts': 'command',
  'trust/lock.ts': "'flock'",
};

test('each is started by one function of ours, with a vector of arguments and never through a shell', () => {
  const imports = sources.filter(({ text }) => /^import \{.*child_process/m.test(text));
  assert.equal(
    imports.map(({ name, text }) => [name, /^import \{ (.*) \} from 'node:child_process'/m.exec(text)?.[1]]),
    [['start-program.ts', 'type ChildProcess, type SpawnOptions, spawn']],
  );
  const found = sources.filter(({ name, text }) => /\bstartProgram\(/.test(text) && name !== 'start-program.ts');
  assert.equal(
    found.map(({ name }) => name),
    Object.keys(starters),
  );
  for (const { name, text } of found) {
    const calls = [...text.matchAll(/\bstartProgram\(\s*([^,]+),\s*([^,]+)/g)];
    assert.equal(
      calls.map(([, first]) => first),
      [starters[name]],
      name,
    );
    assert.not.match(text, /\bshell\b\s*:/, name);
  }
  for (const { name, text } of sources) assert.not.match(text, /\b(eval|execSync|execFile|Function)\(/, name);
});

test('each that is named here stands on the page, and the page names no other', () => {
  const named = sources.flatMap(({ text }) => [
    ...[...text.matchAll(/\bstartProgram\(\s*'([^']+)'/g)].map(([, name]) => name),
    ...[...text.matchAll(/\bsystemProgram\('([^']+)'\)/g)].map(([, name]) => name),
    ...[...text.matchAll(/\brunProgram\('([^']+)'/g)].map(([, name]) => name),
  ]);
  const [, section = ''] = /<!-- programs -->(.*?)<!-- \/programs -->/s.exec(read('docs/security.md')) ?? [];
  const listed = [...section.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
  const words = new Set([...named, 'install', 'sealing']);
  assert.equal([...new Set(listed)].sort(), [...words].sort());
});

test('the scripts of a node read each other and evaluate no text', () => {
  const read = [
    'settings.sh',
    'cocoon-arguments.sh',
    'stamp.sh',
    'pre-clone',
    'cocoon-guard',
    'qemu-img-guard/qemu-img',
  ];
  for (const name of read) {
    const lines = readFileSync(join(project, 'bin', name), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*#/.test(line));
    for (const line of lines) {
      assert.not.match(line, /\beval\b|\bsh -c\b/, `${name}: ${line}`);
      if (/^\s*\. /.test(line)) assert.match(line, /^\. "\$bc_here\/[a-z-]+\.sh"/, `${name}: ${line}`);
    }
  }
});

test('threads run our own file only', () => {
  const threads = sources.filter(({ text }) => /new Worker\(/.test(text));
  assert.equal(
    threads.map(({ name }) => name),
    ['digest/reader-thread.ts'],
  );
});

needs(['strace', 'receipts'], test, 'no command runs a file that an image, a record or a sidecar names', () => {
  const place = temporaryDirectory();
  const script = join(place, 'hostile');
  writeFileSync(script, `#!/bin/sh\n: >${join(place, 'ran')}\n`, { mode: 0o755 });
  const node = smallNode({
    more: (base, blob) => [
      snapshotOn('evil:v1', base, blob, {
        image: `$(${script})`,
        edit: ({ record, cocoon, config }) => {
          Object.assign(record, { network: script, image: script });
          cocoon.boot_config.firmware_path = script;
          config.payload.firmware = script;
          config.rng.src = script;
        },
      }),
      snapshotOn(`\`${script}\``, base, blob, { image: `http://x/;${script}` }),
    ],
  });
  const env = { PATH: '/usr/bin:/bin' };
  for (const words of [
    ['verify', '--all'],
    ['hook', 'evil:v1'],
    ['ensure', '--dry-run', 'evil:v1', `\`${script}\``],
    ['seal', '--all'],
    ['status'],
  ]) {
    const { programs, stderr } = startedBy([process.execPath, program, ...words, ...node.options], env);
    const known = ['node', 'dd', 'flock', 'ionice', 'nice'];
    assert.equal(
      programs.filter((name) => !known.includes(name)),
      [],
      `${words[0]}: ${stderr}`,
    );
  }
  assert.equal(readdirSync(place), ['hostile']);
});

needs(['strace', 'receipts'], test, 'none is looked for in the PATH of whoever calls us', () => {
  const node = smallNode();
  const place = temporaryDirectory();
  const own = ['flock', 'dd', 'ionice', 'nice', 'setpriv', 'sh', 'stat', 'find', 'readlink'];
  for (const name of own) writeFileSync(join(place, name), '#!/bin/sh\n: >"$0.ran"\n', { mode: 0o755 });
  const env = { PATH: `${place}:/usr/bin:/bin` };
  const run = (...words: string[]) => {
    const ran = startedBy([process.execPath, program, ...words, ...node.options, 'app:v1'], env);
    assert.is(ran.status, 0, ran.stderr);
    return ran.programs;
  };
  assert.ok(run('verify', '--max-age', '0').includes('flock'));
  run('ensure', '--pull-policy', 'Always');
  // One that is overdue is read again by a process that waits for nobody; here it is waited for.
  const folder = join(node.state, 'receipts');
  const receipt = join(folder, readdirSync(folder).find((name) => !name.startsWith('.')) ?? '', `${node.base}.json`);
  forge(receipt, { at: new Date(0).toISOString() });
  assert.ok(run('verify').includes('ionice'));
  assert.equal(readdirSync(place).sort(), own.sort());
});

test.run();
