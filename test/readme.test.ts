/** Every command of the README, run as it stands there; and its picture of the demo, held against the real one. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, overlayOn } from './builders/small-node.js';
import { stub, vkUnit } from './install/node.js';
import { atCocoonsPathNeeds, unpackRealRoot } from './support/at-cocoons-path.js';
import { needs } from './support/requires.js';
import { temporaryDirectory } from './support/temporary.js';

const test = suite('README');

const project = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(project, 'README.md'), 'utf8');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block ?? '');
}

/** The commands of all shell blocks but the two that set everything up, which CI itself runs. */
function commands(): string[] {
  const lines = blocks('sh').flatMap((block) => block.trimEnd().split('\n'));
  return lines.filter((line) => !line.startsWith('npm ci'));
}

test('its first two commands are the ones that set everything up', () => {
  const [first, second] = blocks('sh');
  assert.is(first, 'npm ci && npm run demo\n');
  assert.is(second, 'npm ci && npm test\n');
});

needs([...atCocoonsPathNeeds, 'npm'], test, 'every other command does what it says, on a node with a real root', () => {
  const place = temporaryDirectory();
  copyOfProject(join(place, 'project'));
  const root = unpackRealRoot();
  const outside = overlaysOutside(join(place, 'srv'));
  const script = join(place, 'commands.sh');
  writeFileSync(
    script,
    commands()
      .map((line) => `${line}\necho "exit $? of" '${line.replaceAll("'", "'\\''")}'`)
      .join('\n'),
  );
  const etc = join(place, 'etc');
  for (const name of ['bin', 'etc', 'units', 'running']) mkdirSync(join(place, name));
  writeFileSync(join(place, 'units/vk-cocoon.service'), vkUnit);
  for (const name of ['systemctl', 'cocoon']) stub(place, name);
  writeFileSync(join(place, 'bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  const mounts = [
    'mount -t tmpfs none /var/lib',
    'mkdir /var/lib/cocoon',
    `mount --bind ${root} /var/lib/cocoon`,
    `mount --bind ${outside} /srv`,
    // Names of users, and what npm needs to ask the registry.
    `for each in passwd group hosts resolv.conf nsswitch.conf ssl; do cp -rL /etc/$each ${etc} || :; done`,
    `mount --bind ${etc} /etc`,
    'mount -t tmpfs none /run && mkdir -p /run/systemd/system',
  ];
  const run = spawnSync(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', `${mounts.join(' && ')} && sh ${script}`],
    {
      cwd: join(place, 'project'),
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${join(place, 'bin')}:${join(place, 'prefix/bin')}:${process.env.PATH}`,
        npm_config_prefix: join(place, 'prefix'),
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      },
    },
  );
  const exits = [...run.stdout.matchAll(/^exit (\d+) of (.*)$/gm)].map(([, code, line]) => [line, code]);
  assert.equal(
    exits,
    commands().map((line) => [line, '0']),
    run.stdout + run.stderr,
  );
});

/** The project without its build and its git directory, so that packing it builds it anew and beside nobody. */
function copyOfProject(place: string): void {
  const left = new Set(
    ['node_modules', 'dist', 'schemas', '.git', 'coverage', 'test'].map((name) => join(project, name)),
  );
  cpSync(project, place, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(project, 'node_modules'), join(place, 'node_modules'));
}

function overlaysOutside(directory: string): string {
  for (const name of ['overlays', 'blobs']) mkdirSync(join(directory, name), { recursive: true });
  const bytes = baseBytes('outside');
  const name = `${createHash('sha256').update(bytes).digest('hex')}.qcow2`;
  writeFileSync(join(directory, 'blobs', name), bytes);
  writeFileSync(join(directory, 'overlays/one.qcow2'), overlayOn(`/srv/blobs/${name}`));
  const exported = readFileSync(join(project, 'test/fixtures/real/exports/simular_win11_v1.plain.gz'));
  writeFileSync(join(directory, 'win11.tar'), gunzipSync(exported));
  return directory;
}

needs(['receipts'], test, 'its picture of the demo is the real one, but for what it shortens', () => {
  const [picture = ''] = [...readme.matchAll(/<!-- demo -->\n```text\n(.*?)```/gs)].map(([, block]) => block);
  const run = spawnSync(process.execPath, ['--import', 'tsx', 'demo/demo.ts'], { cwd: project, encoding: 'utf8' });
  assert.is(run.status, 0, run.stdout + run.stderr);
  const real = run.stdout.split('\n').map(timeless);
  for (const line of picture.trimEnd().split('\n')) {
    const pattern = new RegExp(`^${timeless(line).split('…').map(literal).join('.*')}$`);
    assert.ok(
      real.some((one) => pattern.test(one)),
      `the demo prints no such line: ${line}`,
    );
  }
});

/** What is another at each run: times of day and durations. */
function timeless(line: string): string {
  return line.replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'TIME').replace(/\b\d+(\.\d+)?m?s\b/g, 'DURATION');
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

test.run();
