/** The packages that the lockfile names, by the place where they are installed. */
import { readFileSync } from 'node:fs';

export const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
export const lockfile = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

const inside = 'node_modules/';

/** Name and version of what lies at a place. */
export function identityOf(place) {
  return { name: place.slice(place.lastIndexOf(inside) + inside.length), version: lockfile.packages[place].version };
}

/** Every place but that of the project itself. */
export const places = Object.keys(lockfile.packages).filter((place) => place !== '');

/** Where Node finds what a package asks for by name: beside it, or further out. Undefined where it is not installed. */
function find(from, name) {
  for (let at = from; ; at = outside(at)) {
    const place = `${at === '' ? '' : `${at}/`}${inside}${name}`;
    if (lockfile.packages[place] !== undefined) return place;
    if (at === '') return undefined;
  }
}

function outside(place) {
  const end = place.lastIndexOf(`/${inside}`);
  return end === -1 ? '' : place.slice(0, end);
}

/** The places of what a package needs to run. Peers that it can do without are not among them. */
export function needsOf(place) {
  const { dependencies, optionalDependencies } = lockfile.packages[place];
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  return names.map((name) => find(place, name)).filter((found) => found !== undefined);
}

/** The places of all that an installed blobcheck has with it. */
export function installedPlaces() {
  const found = new Set();
  const queue = [''];
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    for (const need of needsOf(place)) {
      if (found.has(need)) continue;
      found.add(need);
      queue.push(need);
    }
  }
  return found;
}
