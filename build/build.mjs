/** Builds dist/ from lib/, and the JSON Schema files of the package from the schemas that type its documents. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
process.chdir(project);

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

const documents = await import('../dist/report/documents.js');
const { toJsonSchema } = await import('@valibot/to-json-schema');

rmSync('schemas', { recursive: true, force: true });
mkdirSync('schemas');
for (const [name, schema] of Object.entries(documents.documentSchemas)) {
  const json = { ...toJsonSchema(schema), title: `blobcheck ${name}, version 1` };
  writeFileSync(`schemas/${name}.v1.json`, `${JSON.stringify(json, null, 2)}\n`);
}
