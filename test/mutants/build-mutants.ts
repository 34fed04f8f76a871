import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { instrument } from './instrument.js';
import type { Mutant } from './mutant.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Inside the project, since packages are found from there. */
const places = join(project, 'coverage');

export interface MutantBuild {
  readonly mutants: readonly Mutant[];
  /** The program that loads a test file (test-child.ts). */
  readonly program: string;
  /** Test files from the project's directory, each with its bundle. */
  readonly bundles: ReadonlyMap<string, string>;
  /** All that was built. */
  readonly files: ReadonlySet<string>;
  remove(): void;
}

/**
 * Builds test files once, with all mutants of some files of lib in them, so that nothing is compiled for a mutant and a
 * process starts in a fifth of the time that tsx takes.
 */
export async function buildMutants(
  tests: readonly string[],
  isMutated: (file: string) => boolean,
): Promise<MutantBuild> {
  const mutants: Mutant[] = [];
  mkdirSync(places, { recursive: true });
  const place = mkdtempSync(join(places, 'mutants-'));
  const entries = ['test/mutants/test-child.ts', 'test/mutants/program-thread.ts', ...tests];
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: entries,
    outdir: place,
    outbase: project,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    metafile: true,
    logLevel: 'warning',
    plugins: [standIns, sources(mutants, isMutated)],
  });
  const bundleOf = new Map<string, string>();
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint !== undefined) bundleOf.set(entryPoint, join(project, path));
  }
  const program = bundleOf.get(entries[0] as string) as string;
  const bundles = new Map(tests.map((file) => [file, bundleOf.get(file) as string]));
  const files = new Set(Object.keys(metafile.inputs));
  return { mutants, program, bundles, files, remove: () => rmSync(place, { recursive: true }) };
}

/** Tests register with suites.ts instead of uvu, and run the program in a thread. */
const standIns: Plugin = {
  name: 'stand-ins',
  setup(builder) {
    builder.onResolve({ filter: /^uvu$/ }, () => ({ path: join(project, 'test/mutants/suites.ts') }));
    builder.onResolve({ filter: /\/run-program\.js$/ }, ({ importer }) => {
      const isOurs = dirname(importer) === join(project, 'test/mutants');
      return isOurs ? null : { path: join(project, 'test/mutants/program-beside.ts') };
    });
  },
};

function sources(mutants: Mutant[], isMutated: (file: string) => boolean): Plugin {
  return {
    name: 'sources',
    setup(builder) {
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(project, path);
        let code = readFileSync(path, 'utf8');
        if (isMutated(file)) {
          const instrumented = instrument(code, file, mutants.length + 1);
          mutants.push(...instrumented.mutants);
          code = instrumented.code;
        }
        // Files that a test or the library finds beside itself stay where they are.
        const contents = code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
        return { contents, loader: 'ts' };
      });
    },
  };
}
