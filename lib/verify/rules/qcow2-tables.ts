import type { Finding } from '../../finding/finding.js';
import { MAX_TAIL_SCAN_BYTES } from '../../qcow2/limits.js';
import type { TableFacts } from '../../qcow2/table-facts.js';
import { type DiskRole, type Flaw, findingOf, malformed, unsupported } from './qcow2-flaw.js';

/** A damaged table breaks hundreds of entries; four show where. */
const DESCRIBED = 4;

export function judgeTables(facts: TableFacts, subject: string, role: DiskRole): Finding[] {
  const flaws = [...judgeProblems(facts), ...judgeLimits(facts)];
  if (role === 'overlay') flaws.push(...judgeFreeData(facts), ...judgeCompressedRebuild(facts), ...judgeFlush(facts));
  return flaws.map((flaw) => findingOf(flaw, subject, role));
}

function judgeProblems({ problems, problemCount }: TableFacts): Flaw[] {
  const expected = 'tables and clusters in the file, each aligned and used once';
  const flaws = problems.slice(0, DESCRIBED).map((problem) => {
    return malformed(problem.message, { expected, expectedFrom: 'qcow2 specification', actual: problem.kind });
  });
  const rest = problemCount - flaws.length;
  if (rest > 0) {
    const message = `${rest} more of its table entries ${rest === 1 ? 'is' : 'are'} wrong`;
    flaws.push(malformed(message, { expected, expectedFrom: 'qcow2 specification', actual: `${problemCount} in all` }));
  }
  return flaws;
}

function judgeLimits({ tooLarge }: TableFacts): Flaw[] {
  if (tooLarge === null) return [];
  return [
    unsupported(`its tables are larger than blobcheck walks: ${tooLarge}`, {
      expected: 'tables within the limits',
      expectedFrom: 'blobcheck',
      actual: tooLarge,
    }),
  ];
}

/**
 * An overlay that is not dirty is written to by its refcounts as they stand: a guest cluster that counts as free becomes a
 * table of the image, which the guest then writes, up to the name of the next backing file (tried with qemu-img resize and
 * with Cloud Hypervisor 53). Of a dirty one both rebuild them first.
 */
function judgeFreeData({ dirty, freeDataClusters, firstFreeData }: TableFacts): Flaw[] {
  if (dirty || freeDataClusters === 0) return [];
  return [
    malformed(`${freeDataClusters} clusters of guest data count as free, the first at byte ${firstFreeData}`, {
      expected: 'a refcount of 1 or more for every cluster in use, or the dirty bit',
      expectedFrom: 'qcow2 specification',
      actual: '0',
    }),
  ];
}

/** Cloud Hypervisor rebuilds the refcounts of a dirty image, and takes compressed descriptors for cluster offsets there. */
function judgeCompressedRebuild({ rebuildsRefcounts, compressedClusters }: TableFacts): Flaw[] {
  if (!rebuildsRefcounts || compressedClusters === 0) return [];
  return [
    unsupported('Cloud Hypervisor will rebuild its refcounts, and counts its compressed clusters wrongly', {
      expected: 'no compressed clusters',
      expectedFrom: 'Cloud Hypervisor',
      actual: `${compressedClusters} compressed clusters`,
    }),
  ];
}

function judgeFlush({ unreferencedBytes, lastUsedByte, tailScanned }: TableFacts): Flaw[] {
  if (unreferencedBytes === 0) return [];
  const bytes = tailScanned ? `${unreferencedBytes}` : `at least ${unreferencedBytes}`;
  return [
    {
      code: 'overlay-unflushed',
      message:
        `${bytes} non-zero bytes from byte ${lastUsedByte} on are in the file and no table leads to them: ` +
        `guest writes that are not in the snapshot${tailScanned ? '' : ` (the first ${MAX_TAIL_SCAN_BYTES} bytes were looked at)`}`,
      expected: 'no data beyond the last cluster in use',
      expectedFrom: 'qcow2 specification',
      actual: `${bytes} bytes`,
    },
  ];
}
