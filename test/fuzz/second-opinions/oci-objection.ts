import { basename, dirname } from 'node:path';
import {
  documentIn,
  expectNoPathBut,
  expectProved,
  listMember,
  member,
  object,
  objectionOf,
  type Questioned,
  textMember,
} from './independent-check.js';

/** Of the image that the record means, by its digests. */
export interface ImageLayers {
  readonly manifest: string;
  /** Lowest first. */
  readonly layers: readonly string[];
}

/** Why a clone of this snapshot of an OCI image must not be made, or null. */
export const objectionToOci = (asked: Questioned, image: ImageLayers): string | null =>
  objectionOf(() => {
    const isFirecracker = textMember(asked.record, 'hypervisor') === 'firecracker';
    const cocoon = documentIn(asked, 'cocoon.json');
    const disks = listMember(cocoon, 'storage_configs');
    checkDisks(asked, disks);
    const layers = disks.filter((disk) => textMember(disk, 'role') === 'layer').map((disk) => textMember(disk, 'path'));
    for (const layer of layers) expectProved(asked, layer, 'oci/blobs');
    const boot = isFirecracker
      ? checkFirecracker(asked, cocoon, disks)
      : checkConfig(asked, documentIn(asked, 'config.json'), disks);
    for (const path of boot) expectProved(asked, path, `oci/boot/${basename(dirname(path))}`);
    checkRecord(
      asked,
      image,
      layers.map((path) => basename(path, '.erofs')),
      boot,
    );
  });

function checkDisks({ root, content }: Questioned, disks: readonly unknown[]): void {
  const roles = disks.map((disk) => textMember(disk, 'role'));
  if (roles.filter((role) => role === 'cow').length !== 1) object('there is not one cow');
  disks.forEach((disk, index) => {
    const path = textMember(disk, 'path');
    if (roles[index] === 'layer') {
      if (member(disk, 'ro') !== true) object(`layer ${index} can be written`);
      if (dirname(path) !== `${root}/oci/blobs`) object(`layer ${index} is elsewhere`);
    } else {
      if (roles[index] !== 'cow' || basename(path) !== 'cow.raw') object(`disk ${index} is a ${roles[index]}`);
      if (!content.has('cow.raw')) object('the writable disk is not there');
    }
  });
}

/** Cloud Hypervisor opens what config.json names, but for the writable disk, which cocoon names anew. */
function checkConfig({ root }: Questioned, config: unknown, disks: readonly unknown[]): string[] {
  const named = listMember(config, 'disks');
  if (named.length !== disks.length) object('config.json has other disks');
  named.forEach((disk, index) => {
    const isLayer = textMember(disks[index], 'role') === 'layer';
    if (isLayer && textMember(disk, 'path') !== textMember(disks[index], 'path')) object(`disk ${index} is another`);
    if (isLayer && member(disk, 'readonly') !== true) object(`disk ${index} can be written`);
  });
  const payload = member(config, 'payload');
  const boot = [textMember(payload, 'kernel'), textMember(payload, 'initramfs')].filter((path) => path !== '');
  member(member(config, 'rng'), 'src');
  expectNoPathBut(config, 'config', (place, path) => {
    if (place === 'config.payload.kernel' || place === 'config.payload.initramfs') return true;
    if (place === 'config.rng.src') return path === '/dev/urandom';
    if (place === 'config.payload.firmware') return path === `${root}/firmware/CLOUDHV.fd`;
    return /^config\.(disks\.\*\.path|net\.\*\.tap|payload\.cmdline|serial(\..*)?|console(\..*)?)$/.test(place);
  });
  return boot;
}

/** Firecracker opens what its state names; without all that cocoon.json names, no path may be left in it. */
function checkFirecracker({ root, content }: Questioned, cocoon: unknown, disks: readonly unknown[]): string[] {
  const boot = member(cocoon, 'boot_config');
  const files = [textMember(boot, 'kernel_path'), textMember(boot, 'initrd_path')].filter((path) => path !== '');
  const paths = disks.map((disk) => textMember(disk, 'path'));
  const cow = paths.find((_, index) => textMember(disks[index], 'role') === 'cow') ?? '';
  const run = `${root}/run/firecracker/`;
  if (!cow.startsWith(run) || !/^[A-Z2-7]{26}\/cow\.raw$/.test(cow.slice(run.length))) object(`cow is ${cow}`);
  if (!content.has('vmstate')) object('there is no state');
  // Without the checksum, any byte of which may be a slash.
  let state = content.read('vmstate').subarray(0, -8).toString('latin1');
  for (const path of [...paths, ...files]) {
    if (!state.includes(path)) object(`the state does not name ${path}`);
    state = state.replace(path, '');
  }
  if (state.includes('/')) object('the state names something else');
  return files;
}

function checkRecord(
  { record }: Questioned,
  image: ImageLayers,
  layers: readonly string[],
  boot: readonly string[],
): void {
  const parts = [...new Set([...layers, ...boot.map((path) => basename(dirname(path)))])].sort();
  const pinned = Object.keys(member(record, 'image_blob_ids') ?? {}).sort();
  if (pinned.length > 0 && pinned.join() !== parts.join()) object('the record pins others');
  const isOfImage = textMember(record, 'image_digest') === image.manifest;
  if (isOfImage && layers.join() !== image.layers.join()) object('these are not the layers of its image');
}
