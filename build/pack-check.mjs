/**
 * Packs the project twice, in two places, with nothing but what the lockfile names and without any install script, and compares:
 *
 *     npm run pack:check
 *
 * Language, time zone, length of the path, time, and whether the group may write differ; who else may read does not, since
 * npm packs that as it is. In the first place the demo runs, too, on sqlite
 * metadata, which is what a package with native code and no install script has to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const made = new Set(['.git', 'node_modules', 'dist', 'schemas', 'coverage'].map((name) => join(project, name)));
const place = mkdtempSync(join(tmpdir(), 'blobcheck-pack-'));
// Somebody may be at work in the project while it is packed.
const source = join(place, 'source');
try {
  cpSync(project, source, { recursive: true, filter: (path) => !made.has(path) });
  const first = pack('a', { mask: '022', LC_ALL: 'C', TZ: 'UTC' });
  run('npm run --silent demo -- --sqlite', join(place, 'a'), {});
  const second = pack('a-much-longer-name/and/deeper', {
    mask: '002',
    LC_ALL: 'tr_TR.UTF-8',
    TZ: 'Pacific/Kiritimati',
  });
  const differing = differences(first, second);
  for (const name of differing) console.log(`differs: ${name}`);
  console.log(`sha256:${digestOf(first)}  ${first.slice(first.lastIndexOf('/') + 1)}`);
  if (!readFileSync(first).equals(readFileSync(second))) {
    console.log(`sha256:${digestOf(second)}  the same, built elsewhere`);
    process.exitCode = 1;
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** The path of the package. */
function pack(name, { mask, ...env }) {
  const directory = join(place, name);
  cpSync(source, directory, { recursive: true });
  run(`umask ${mask} && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund && npm pack`, directory, env);
  const [file] = readdirSync(directory).filter((one) => one.endsWith('.tgz'));
  return join(directory, file);
}

function run(command, cwd, env) {
  const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8' };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
}

/** The names of what is not the same in two packages. */
function differences(first, second) {
  const [left, right] = [contentOf(first), contentOf(second)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name)).sort();
}

function contentOf(file) {
  const directory = mkdtempSync(join(place, 'content-'));
  run(`tar -xzf "${file}" -C "${directory}"`, place, {});
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(paths.map((path) => [relative(directory, path), digestOf(path)]));
}

function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
