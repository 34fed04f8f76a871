import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
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
import { objectionToImage } from './qcow2-objection.js';

/** Why a clone of this snapshot of a cloud image must not be made, or null. */
export const objectionToCloudImage = (asked: Questioned): string | null =>
  objectionOf(() => {
    checkBase(asked);
    checkDisks(asked);
    checkConfig(asked);
  });

/** Straight by the header: the path that stands in it is what is opened. */
function checkBase(asked: Questioned): void {
  const { record, content } = asked;
  if (!content.has('overlay.qcow2')) object('there is no overlay');
  const overlay = content.read('overlay.qcow2');
  const path = backingPath(overlay);
  if (!/\/[0-9a-f]{64}\.qcow2$/.test(path)) object(`${path} is called after no digest`);
  expectProved(asked, path, 'cloudimg/blobs');
  const recorded = textMember(record, 'image_digest');
  if (recorded !== '' && `sha256:${basename(path, '.qcow2')}` !== recorded) object(`the record is of ${recorded}`);
  const base = readFileSync(path);
  for (const [what, image] of [
    ['overlay', overlay],
    ['base', base],
  ] as const) {
    const flaw = objectionToImage(image);
    if (flaw !== null) object(`the ${what}: ${flaw}`);
  }
  if (base.readBigUInt64BE(8) !== 0n) object('the base has a backing file of its own');
}

function backingPath(overlay: Buffer): string {
  if (overlay.length < 112) object('the overlay has no header');
  const [offset, size] = [overlay.readBigUInt64BE(8), overlay.readUInt32BE(16)];
  if (offset === 0n || size === 0 || size > 1023 || offset + BigInt(size) > BigInt(overlay.length)) object('no name');
  const name = overlay.subarray(Number(offset), Number(offset) + size);
  return name.toString('latin1');
}

function checkDisks(asked: Questioned): void {
  const disks = listMember(documentIn(asked, 'cocoon.json'), 'storage_configs');
  const roles = disks.map((disk) => textMember(disk, 'role'));
  if (roles.filter((role) => role === 'cow').length !== 1) object('there is not one cow');
  disks.forEach((disk, index) => {
    const serial = textMember(disk, 'serial');
    const file = { cow: 'overlay.qcow2', cidata: 'cidata.img', data: `data-${serial}.raw` }[roles[index] ?? ''];
    if (file === undefined) object(`disk ${index} is a ${roles[index]}`);
    if (serial.includes('/') || !asked.content.has(file)) object(`disk ${index} is no file of the snapshot`);
    if (basename(textMember(disk, 'path')) !== file) object(`disk ${index} is called otherwise`);
  });
}

function checkConfig(asked: Questioned): void {
  const config = documentIn(asked, 'config.json');
  if (textMember(member(config, 'payload'), 'kernel') !== '') object('it boots a kernel');
  const disks = listMember(config, 'disks');
  if (disks.length !== listMember(documentIn(asked, 'cocoon.json'), 'storage_configs').length) object('other disks');
  member(member(config, 'rng'), 'src');
  expectNoPathBut(config, 'config', (place, path) => isFine(asked, place, path));
}

/** cocoon names these anew, or they are what it writes. */
function isFine({ root }: Questioned, place: string, path: string): boolean {
  if (/^config\.(disks\.\*\.path|net\.\*\.tap|payload\.cmdline|serial(\..*)?|console(\..*)?)$/.test(place)) return true;
  if (place === 'config.rng.src') return path === '/dev/urandom';
  return place === 'config.payload.firmware' && path === `${root}/firmware/CLOUDHV.fd`;
}
