import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Folders of devices that a hypervisor makes: Linux calls all virtio and Xen disks rotational, because they do not say what
 * is behind them (seen on virtio_blk of Linux 6.18, of a disk that reads 2 GB/s).
 */
const VIRTUAL = /\/(virtio\d+|vbd-\d+)\//;

/**
 * Whether a file's device is a disk that turns, on which two readers seek more than they read. `device` is `st_dev`.
 * What nobody knows (the anonymous devices of btrfs and overlay, tmpfs, NFS, a hypervisor's disk) counts as one that does
 * not turn.
 */
export async function isRotational(device: bigint, sysfs = '/sys'): Promise<boolean> {
  let folder: string;
  try {
    // A link into the tree of devices: there a partition lies in its disk, which has the queue.
    folder = await realpath(join(sysfs, 'dev/block', `${majorOf(device)}:${minorOf(device)}`));
  } catch {
    return false;
  }
  if (VIRTUAL.test(folder)) return false;
  for (const queue of [join(folder, 'queue'), join(folder, '../queue')]) {
    try {
      return (await readFile(join(queue, 'rotational'), 'utf8')).trim() === '1';
    } catch {
      // A partition has none of its own.
    }
  }
  return false;
}

/** How glibc packs the two numbers (gnu_dev_makedev, <bits/sysmacros.h>), and libuv hands them on. */
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minorOf(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}
