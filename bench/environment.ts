/** The caller's environment without what leads this program elsewhere: whatever else is set slows all alike. */
export function callersEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(BLOBCHECK|COCOON)_/.test(name));
  return Object.fromEntries(entries);
}

/** What Node takes nothing from. */
export const EMPTY: NodeJS.ProcessEnv = { PATH: process.env.PATH };

/** What the report must say of variables that Node itself reads as it starts; null where there are none. */
export function noteOnNode(): string | null {
  const names = Object.keys(process.env).filter((name) => name.startsWith('NODE_'));
  if (names.length === 0) return null;
  return `All are started with the environment of the benchmark's caller, where ${names.join(', ')} is set: Node reads that as it starts. The rows with an empty environment show what it takes without.`;
}
