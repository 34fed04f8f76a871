import type { Lockfile, Manifest } from './project.js';

/**
 * What speaks against a lockfile: that the same commit could install other bytes than were tested, or bytes from elsewhere
 * than a registry of packages.
 */
export function lockfileFlaws(manifest: Manifest, lockfile: Lockfile): string[] {
  const flaws: string[] = [];
  if (lockfile.lockfileVersion !== 3) flaws.push(`version ${lockfile.lockfileVersion}`);
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    for (const [name, version] of Object.entries(manifest[kind])) {
      if (!/^\d+\.\d+\.\d+$/.test(version)) flaws.push(`package.json: ${name} is ${version}, no exact version`);
      if (lockfile.packages[`node_modules/${name}`]?.version !== version)
        flaws.push(`${name} is not locked at ${version}`);
    }
    if (JSON.stringify(lockfile.packages['']?.[kind]) !== JSON.stringify(manifest[kind])) {
      flaws.push(`the ${kind} are not those of package.json`);
    }
  }
  for (const [place, locked] of Object.entries(lockfile.packages)) {
    if (place === '') continue;
    if (!place.startsWith('node_modules/') || locked.link) flaws.push(`${place} is a directory of somebody's machine`);
    // An alias: the code is another package's than the name says.
    if (locked.name !== undefined) flaws.push(`${place} is really ${locked.name}`);
    if (!/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(locked.version ?? '')) flaws.push(`${place} has no version of a registry`);
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(locked.integrity ?? '')) flaws.push(`${place} has no digest`);
    if (locked.resolved !== undefined) flaws.push(`${place} comes from ${locked.resolved}`);
    for (const [name, range] of Object.entries({ ...locked.dependencies, ...locked.optionalDependencies })) {
      if (/[/:]/.test(range)) flaws.push(`${place} asks for ${name} at ${range}`);
    }
  }
  return flaws;
}
