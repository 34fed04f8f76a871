/** The licences of the packages whose code stands in the programs of dist/. */
import { readdirSync, readFileSync } from 'node:fs';

/** The names of the packages that bundles are made of, in order. */
export function packagesIn(bundles) {
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const names = inputs.map((input) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

export function licencesOf(names) {
  return names.map((name) => `${name}\n\n${licenceOf(`node_modules/${name}`)}\n`).join('\n');
}

function licenceOf(directory) {
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${directory} has no licence file`);
  return readFileSync(`${directory}/${file}`, 'utf8').trim();
}
