/**
 * Builds dist/: the library (one module a file, with types), the command line as one file (Node opens fewer files, so it
 * starts in two thirds of the time), and the JSON Schema files, made from the schemas that type the documents.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
process.chdir(project);

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

/** Packages with native code, or that only some runs need: they stay outside and are loaded when they are used. */
const external = [
  '@photostructure/sqlite',
  'cli-progress',
  'fast-glob',
  'hash-wasm',
  'picomatch',
  'smol-toml',
  'yaml',
  './program.js',
];
const { metafile } = await build({
  // A reader thread is a program of its own, found beside whatever starts it.
  entryPoints: ['lib/cli/main.ts', 'lib/cli/program.ts', 'lib/digest/hash-thread.ts'],
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // The CommonJS form of jsonc-parser finds its own files at run time, which no bundle can follow.
  mainFields: ['module', 'main'],
  external,
  metafile: true,
  // commander is CommonJS and asks for Node's own modules.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
writeFileSync('dist/THIRD-PARTY-LICENSES', licensesOf(Object.keys(metafile.inputs)));

const { documentSchemas } = await import('../dist/report/documents.js');
const { toJsonSchema } = await import('@valibot/to-json-schema');
rmSync('schemas', { recursive: true, force: true });
mkdirSync('schemas');
for (const [name, schema] of Object.entries(documentSchemas)) {
  const json = { ...toJsonSchema(schema), title: `blobcheck ${name}, version 1` };
  writeFileSync(`schemas/${name}.v1.json`, `${JSON.stringify(json, null, 2)}\n`);
}

/** The licences of the packages whose code stands in the bundle. */
function licensesOf(inputs) {
  const packages = inputs.map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  const names = [...new Set(packages.filter((name) => name !== undefined))].sort();
  return names.map((name) => `${name}\n\n${licenseOf(`node_modules/${name}`)}\n`).join('\n');
}

function licenseOf(directory) {
  const file = existsSync(directory) && readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${directory} has no licence file`);
  return readFileSync(`${directory}/${file}`, 'utf8').trim();
}
