/**
 * Builds dist/: the library (one module a file, with types), the programs of the command line, each as one file, and the
 * JSON Schema files, made from the schemas that type the documents.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licencesOf, packagesIn } from './licences.mjs';
import { billOfMaterials } from './sbom.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
process.chdir(project);

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

/** Packages that only some runs need: they stay outside and are loaded when they are used. */
const external = ['cli-progress', 'fast-glob', 'hash-wasm', 'picomatch', 'smol-toml', 'yaml'];

/** Modules of Node that take milliseconds to load and that most runs never call. */
const rarelyCalled = new Set([
  'node:child_process',
  'node:fs/promises',
  'node:net',
  'node:os',
  'node:tty',
  'node:worker_threads',
  'node:zlib',
]);

/** What the bundles need in the place of what only modules have, or what is slow to load. */
const preamble = `const fileAddress = require('node:url').pathToFileURL(__filename).href;
const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;`;

const bundles = await Promise.all([
  bundle({ main: 'lib/cli/main.ts' }, [programsOutside]),
  bundle({
    'program-every': 'lib/cli/programs/every.ts',
    'program-hook': 'lib/cli/programs/hook.ts',
    'program-verify': 'lib/cli/programs/verify.ts',
  }),
  bundle({ 'unpacked-digest': 'lib/kernel/unpacked-digest.ts' }),
  readerThread(),
]);
const insidePrograms = packagesIn(bundles);
writeFileSync('dist/THIRD-PARTY-LICENSES', licencesOf(insidePrograms));
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(billOfMaterials(insidePrograms), null, 2)}\n`);
await keepCode();

/**
 * One CommonJS file for each entry point: Node starts it without its loader of modules, which takes a sixth of an empty
 * process, and V8 reads nothing in it that the program does not hold.
 */
async function bundle(entryPoints, plugins = []) {
  return await build({
    entryPoints,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // The CommonJS form of jsonc-parser finds its own files at run time, which no bundle can follow.
    mainFields: ['module', 'main'],
    external,
    // The names of modules stand in the bundles: they must not tell where node_modules really lies.
    preserveSymlinks: true,
    // A name in a stack is worth its bytes; spaces and comments are not.
    minifySyntax: true,
    minifyWhitespace: true,
    // `import()` would start the loader of modules; all that stays outside can be required.
    supported: { 'dynamic-import': false },
    // Node's own `performance` is a module of 1 ms; a clock is all that is asked of it.
    define: { 'import.meta.url': 'fileAddress', 'performance.now': 'milliseconds' },
    banner: { js: preamble },
    plugins: [...plugins, decoderOutside, pure, addonOfSqlite, loadedLate].map((setup) => ({
      name: setup.name,
      setup,
    })),
    metafile: true,
  });
}

const { documentSchemas } = await import('../dist/report/documents.js');
const { toJsonSchema } = await import('@valibot/to-json-schema');
rmSync('schemas', { recursive: true, force: true });
mkdirSync('schemas');
for (const [name, schema] of Object.entries(documentSchemas)) {
  const json = { ...toJsonSchema(schema), title: `blobcheck ${name}, version 1` };
  writeFileSync(`schemas/${name}.v1.json`, `${JSON.stringify(json, null, 2)}\n`);
}

/**
 * Has V8 keep the code of what a check and a hash call (lib/cli/load-program.ts), by a check of a root that is thrown away.
 * Where that fails there is none, which costs milliseconds.
 *
 * No two builds would be the same with the seed that V8 takes for its hash tables by chance, and with its notes on what was
 * called often enough to be compiled further, or too long ago to be kept. It refuses code that was made with other flags, but
 * none of these means anything to who loads it: so they are as usual again when the code is written.
 */
async function keepCode() {
  const { goodSnapshot, makeThrowawayRoot } = await import('../dist/install/throwaway-root.js');
  const stateDir = mkdtempSync(join(tmpdir(), 'blobcheck-build-'));
  const root = await makeThrowawayRoot(stateDir);
  const check = ['--root-dir', root.directory, '--state-dir', stateDir, goodSnapshot];
  const still = ['--hash-seed=1', '--no-sparkplug', '--no-opt', '--no-flush-bytecode'];
  const usual = ['--hash-seed=0', '--sparkplug', '--opt', '--flush-bytecode'];
  const run = (words, keeps) => {
    const program = `process.once('exit', () => ${JSON.stringify(usual)}.forEach(require('node:v8').setFlagsFromString));
      process.argv.splice(1, 0, 'blobcheck'); require('./dist/main.cjs').run(process, ${keeps})`;
    spawnSync(process.execPath, [...still, '-e', program, ...words], { stdio: 'ignore' });
  };
  run(['verify', ...check], false);
  for (const words of [
    ['verify', ...check],
    ['hook', ...check],
    ['hash', 'package.json'],
  ])
    run(words, true);
  await root.remove();
  rmSync(stateDir, { recursive: true });
}

/** A reader thread is a program of its own, found beside whatever starts it, under the name that it has in the library. */
async function readerThread() {
  return await build({
    entryPoints: ['lib/digest/hash-thread.ts'],
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    preserveSymlinks: true,
    metafile: true,
  });
}

/** The programs are files of their own, of which `main` loads one. */
function programsOutside(builder) {
  builder.onResolve({ filter: /^\.\/programs\/(\w+)\.js$/ }, ({ path }) => {
    return { path: path.replace('programs/', 'program-').replace(/js$/, 'cjs'), external: true };
  });
}

/** What hardly any run needs and is large: a file of its own, since its decoder is a module that Node 20.0 cannot require. */
function decoderOutside(builder) {
  builder.onResolve({ filter: /\/unpacked-digest\.js$/ }, () => ({ path: './unpacked-digest.cjs', external: true }));
}

/** jsonc-parser does not say so, but no module of it does anything when it is loaded: what is not used is left out. */
function pure(builder) {
  const inside = 'inside';
  builder.onResolve(
    { filter: /^(jsonc-parser$|\.\/impl\/)/ },
    async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (pluginData === inside) return;
      const { path: file } = await builder.resolve(path, { kind, resolveDir, importer, pluginData: inside });
      return file.includes('/jsonc-parser/') ? { path: file, sideEffects: false } : undefined;
    },
  );
}

/**
 * The sqlite library inside a program finds its native code where its package lies. Outside, half of what it takes to load
 * it goes into looking for its files.
 */
function addonOfSqlite(builder) {
  builder.onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: 'addon', namespace: 'sqlite' }));
  builder.onLoad({ filter: /.*/, namespace: 'sqlite' }, () => ({
    resolveDir: project,
    contents: `
      import { existsSync } from 'node:fs';
      import load from 'node-gyp-build/node-gyp-build.js';
      const name = '@photostructure/sqlite';
      export default () => {
        // By it a caller would have root's Node load native code from anywhere.
        delete process.env[name.toUpperCase() + '_PREBUILD'];
        const place = require.resolve.paths(name).find((one) => existsSync(one + '/' + name));
        // Without a place it would look in the current directory.
        if (place === undefined) throw new Error("Cannot find module '" + name + "'");
        return load(place + '/' + name);
      };`,
  }));
}

/** Loads a module of Node when something of it is first used. */
function loadedLate(builder) {
  builder.onResolve({ filter: /^(node:)?[\w/]+$/ }, ({ path, namespace }) => {
    const name = path.startsWith('node:') ? path : `node:${path}`;
    return namespace !== 'late' && rarelyCalled.has(name) ? { path: name, namespace: 'late' } : undefined;
  });
  builder.onLoad({ filter: /.*/, namespace: 'late' }, async ({ path }) => {
    const names = Object.keys(await import(path)).filter((name) => name !== 'default');
    const getters = names.map((name) => `get ${name}() { return require('${path}').${name}; },`);
    // Inherited, because whoever imports the module would be given copies of all its own members.
    return { contents: `module.exports = Object.create({\n${getters.join('\n')}\n});`, loader: 'js' };
  });
}
