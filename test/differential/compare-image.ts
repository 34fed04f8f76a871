import * as assert from 'uvu/assert';
import { type Inspected, inspectFile } from '../../lib/qcow2/inspect.js';
import { assertSameFields } from '../qcow2/same-fields.js';
import { type Checked, checkOf, infoOf, mappedClusters } from './ask-qemu.js';
import type { QemuSays } from './explain.js';
import type { ImageKind } from './images.js';

/**
 * Holds what we read of an image that QEMU has made against what QEMU says of it: the header field by field, the chain,
 * and what the walk counts. Returns QEMU's answers; of an encrypted image, which nobody walks without its key, null.
 */
export async function compareImage(
  path: string,
  { name, layout, content, onBase }: ImageKind,
  base: string,
): Promise<QemuSays | null> {
  const inspected = await inspectFile(path);
  const info = await infoOf(path);
  if (info.kind === 'refused') throw new Error(`${name}: qemu-img info: ${info.why}`);
  assertSameFields(inspected.header, info.info, name);
  const links = inspected.chain.links.map((link) => link.path);
  assert.equal(links, onBase ? [inspected.resolved, base] : [inspected.resolved], name);
  assert.is(inspected.chain.end.reason, 'no-backing-file', name);
  if (layout.encrypted) return null;
  const check = await checkOf(path);
  if (check.kind === 'refused') throw new Error(`${name}: qemu-img check: ${check.why}`);
  assert.is(inspected.tables?.notWalked ?? null, whyNotWalked(layout), name);
  if (inspected.tables?.notWalked === null) {
    compareCounts(inspected, check, name);
    if (!content.beyondTheDisk) {
      const { dataClusters, zeroClusters, compressedClusters } = inspected.tables;
      const mapped = await mappedClusters(path, layout.clusterSize);
      assert.is(dataClusters + zeroClusters + compressedClusters, mapped, `${name}: clusters that the image maps`);
    }
  }
  return { info, check };
}

function whyNotWalked({ extendedL2, dataFile }: ImageKind['layout']): string | null {
  return extendedL2 ? 'extended L2 entries' : dataFile ? 'an external data file' : null;
}

function compareCounts({ tables, size }: Inspected, check: Checked, name: string): void {
  if (tables === null) throw new Error(`${name} has no tables`);
  const { dataClusters, zeroClusters, compressedClusters } = tables;
  assert.is(compressedClusters, check.compressed, `${name}: compressed clusters`);
  // QEMU counts a cluster that reads as zeros if it has a host cluster; we count all of them.
  assert.ok(check.allocated >= dataClusters + compressedClusters, `${name}: ${check.allocated} clusters are allocated`);
  assert.ok(
    check.allocated <= dataClusters + compressedClusters + zeroClusters,
    `${name}: ${check.allocated} allocated`,
  );
  if (check.corruptions + check.errors > 0) return;
  assert.equal(tables.problems, [], name);
  assert.is(tables.lastUsedByte, Math.min(check.end, size), `${name}: the last byte in use`);
}
