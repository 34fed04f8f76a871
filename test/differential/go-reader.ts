import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../support/temporary.js';

/** The documents of cocoon that Go reads. */
export type GoShape =
  | 'cocoon.json'
  | 'config.json'
  | 'snapshot.json'
  | 'snapshots.json'
  | 'cloudimg'
  | 'oci'
  | 'vms.json';

export type GoValue = null | boolean | number | string | readonly GoValue[] | { readonly [key: string]: GoValue };

/** Documents that one run of the program reads: V8's longest string holds some thousands of the largest. */
const AT_ONCE = 200;

const source = fileURLToPath(new URL('go-reader/main.go', import.meta.url));

/** Builds the program; from nothing but this one file, and without the network. */
export function buildGoReader(): (shape: GoShape, documents: readonly Uint8Array[]) => readonly GoValue[] {
  const program = join(temporaryDirectory(), 'go-reader');
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '', CGO_ENABLED: '0' };
  const built = spawnSync('go', ['build', '-o', program, source], { encoding: 'utf8', env, cwd: '/' });
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  return (shape, documents) => {
    const values: GoValue[] = [];
    for (let at = 0; at < documents.length; at += AT_ONCE) {
      const some = documents.slice(at, at + AT_ONCE);
      const input = some.map((document) => `${shape} ${Buffer.from(document).toString('hex')}\n`).join('');
      const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1024 ** 3 });
      if (run.status !== 0) throw new Error(`go-reader: ${run.stderr}`);
      const lines = run.stdout.trimEnd().split('\n');
      // Null where Go refuses the document.
      values.push(...lines.map((line): GoValue => JSON.parse(line)));
    }
    return values;
  };
}
