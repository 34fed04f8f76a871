/**
 * Known advisories against all that the lockfile names:
 *
 *     npm run audit                    asks the registry that npm is set up with
 *     npm run audit -- --list DIR      reads a copy of a list in OSV's format, as github.com/github/advisory-database is
 *
 * Exit code 0: who was asked knows of none; 1: there is one; 2: wrong usage; 3: nobody could be asked, which is no pass.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lookUp } from './advisory-list.mjs';
import { identityOf, places } from './locked.mjs';

/** Known to be affected since 2020 (GHSA-vh95-rmgr-6w4m): who has nothing to say of it knows no advisories. */
const canary = { name: 'minimist', version: '0.0.8' };

const { list } = options();
const answer = list === undefined ? await askRegistry() : askList(list);
for (const advisory of answer.advisories) console.log(advisory);
console.log(answer.text);
process.exitCode = answer.code;

function options() {
  try {
    return parseArgs({ options: { list: { type: 'string' } } }).values;
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function askRegistry() {
  const probe = askAbout(canary);
  if (probe.kind === 'unreachable') return unreachable(probe.why);
  if (probe.names.length === 0) return unreachable(`it knows nothing of ${canary.name} ${canary.version}`);
  const answer = npmAudit(fileURLToPath(new URL('..', import.meta.url)));
  if (answer.kind === 'unreachable') return unreachable(answer.why);
  return verdict(answer.names, 'the registry');
}

function unreachable(why) {
  return notChecked(`the registry's advisories could not be reached (${why})`);
}

function notChecked(why) {
  return { code: 3, advisories: [], text: `NOT CHECKED: ${why}. That is no pass: ask elsewhere, or with --list DIR.` };
}

function verdict(advisories, asked) {
  const text = `${places.length} packages, ${advisories.length} with a known advisory, says ${asked}`;
  return { code: advisories.length === 0 ? 0 : 1, advisories, text };
}

function askAbout({ name, version }) {
  const directory = mkdtempSync(join(tmpdir(), 'blobcheck-audit-'));
  try {
    const manifest = { name: 'probe', version: '1.0.0', dependencies: { [name]: version } };
    const packages = { '': manifest, [`node_modules/${name}`]: { version } };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, 'package-lock.json'), JSON.stringify({ ...manifest, lockfileVersion: 3, packages }));
    return npmAudit(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Asks although npm may be set up not to. npm ends with 1 both where it found something and where it could not ask. */
function npmAudit(directory) {
  const words = ['audit', '--json', '--package-lock-only', '--audit', '--no-offline', '--audit-level=none'];
  const { stdout, error } = spawnSync('npm', words, { cwd: directory, encoding: 'utf8' });
  if (error !== undefined) return { kind: 'unreachable', why: error.message };
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { kind: 'unreachable', why: 'npm gave no report' };
  }
  if (report.auditReportVersion !== 2 || typeof report.vulnerabilities !== 'object') {
    return { kind: 'unreachable', why: report.error?.summary || report.message || 'npm gave no report' };
  }
  return { kind: 'asked', names: Object.values(report.vulnerabilities).map(lineOf) };
}

function lineOf({ name, severity, range, via }) {
  const titles = via.map((one) => (typeof one === 'string' ? `by ${one}` : `${one.title} ${one.url}`));
  return `${name} ${range} (${severity}): ${titles.join('; ')}`;
}

function askList(directory) {
  const { advisories, known, newest } = existsSync(directory)
    ? lookUp(directory, places.map(identityOf))
    : { known: 0 };
  if (known > 0)
    return verdict(advisories, `${directory} (${known} advisories about npm packages, the newest of ${newest})`);
  return notChecked(`${directory} holds no advisory about an npm package`);
}
