/**
 * Puts each overlay of a directory in the place of one snapshot's and judges that snapshot; prints one JSON object a
 * line. A program of its own, because it must run where the root is at cocoon's own path.
 *
 *     judge-overlays.ts OVERLAYS SNAPSHOT STATE_DIR
 */
import { copyFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { resolveLocation, verify } from '../../lib/index.js';

const [overlays = '', snapshot = '', stateDir = ''] = process.argv.slice(2);
const location = await resolveLocation({ env: {} });
const options = { location, stateDir, tool: 'test' };
const before = await verify({ snapshots: [snapshot] }, options);
const id = before.snapshots[0]?.id ?? '';
const place = join(location.root, 'snapshot/localfile', id, 'overlay.qcow2');
for (const file of readdirSync(overlays)
  .filter((name) => name.endsWith('.qcow2'))
  .sort()) {
  copyFileSync(join(overlays, file), place);
  const report = await verify({ snapshots: [snapshot] }, options);
  const entry = report.snapshots[0];
  const findings = entry?.findings.map(({ code, severity, message }) => ({ code, severity, message })) ?? [];
  process.stdout.write(`${JSON.stringify({ name: basename(file, '.qcow2'), verdict: entry?.verdict, findings })}\n`);
}
