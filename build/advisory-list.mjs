/** A copy of an advisory database in OSV's format (ossf.github.io/osv-schema), as GitHub's and OSV's are: one JSON file each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from './version-order.mjs';

/**
 * What a list says of installed packages (name and version): `advisories` that hold for one of them; how many it knows of
 * npm's packages at all, `known`; and `newest`, the last time that one was changed.
 */
export function lookUp(directory, packages) {
  const answer = { advisories: [], known: 0, newest: '' };
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.json')) continue;
    const advisory = JSON.parse(readFileSync(join(directory, name), 'utf8'));
    const affected = (advisory.affected ?? []).filter((entry) => entry.package?.ecosystem === 'npm');
    if (affected.length === 0) continue;
    answer.known += 1;
    if (advisory.modified > answer.newest) answer.newest = advisory.modified;
    if (advisory.withdrawn !== undefined) continue;
    const hit = packages.filter((one) => affected.some((entry) => entry.package.name === one.name && isIn(one, entry)));
    for (const { name, version } of hit)
      answer.advisories.push(`${name}@${version}: ${advisory.id} ${advisory.summary ?? ''}`);
  }
  return answer;
}

function isIn({ version }, { versions = [], ranges = [] }) {
  return versions.includes(version) || ranges.some(({ type, events }) => type !== 'GIT' && isAffected(version, events));
}

/** The last event at or before a version decides; of `last_affected` what comes behind it. */
function isAffected(version, events) {
  let affected = false;
  for (const { introduced, fixed, last_affected: last } of inOrder(events)) {
    if (introduced !== undefined && compareVersions(introduced, version) <= 0) affected = true;
    if (fixed !== undefined && compareVersions(fixed, version) <= 0) affected = false;
    if (last !== undefined && compareVersions(last, version) < 0) affected = false;
  }
  return affected;
}

function inOrder(events) {
  const at = ({ introduced, fixed, last_affected: last }) => introduced ?? fixed ?? last;
  return [...events].sort((a, b) => compareVersions(at(a), at(b)));
}
