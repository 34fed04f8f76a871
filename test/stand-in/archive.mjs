/** Unpacks a snapshot's export: a flat tar whose PAX records say where the data of a file with holes belongs. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { attempt, Failure } from './failure.mjs';

const BLOCK = 512;
const PIECE = 1 << 20;
const HOLE = 4096;

export async function extractArchive(reader, directory) {
  let records = {};
  for (;;) {
    const header = await nextHeader(reader);
    if (header === null) return;
    if (header.type === 'x') {
      records = paxRecords(await body(reader, header.size));
      continue;
    }
    const name = basename(records.path ?? header.name);
    if (header.type !== '0' || name === '.' || name === '..') await skip(reader, header.size);
    else await extractFile(reader, join(directory, name), header, records);
    records = {};
  }
}

async function nextHeader(reader) {
  const block = await reader.read(BLOCK);
  if (block.length === 0) return null;
  if (block.length < BLOCK) throw new Failure('tar next: unexpected EOF');
  if (block.every((byte) => byte === 0)) return null;
  const field = (from, to) => block.subarray(from, to).toString().split('\0')[0].trim();
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (Number.parseInt(field(148, 156), 8) !== sum) throw new Failure('tar next: archive/tar: invalid tar header');
  const type = field(156, 157);
  return { name: field(0, 100), mode: octal(field(100, 108)), size: sizeOf(block), type: type === '' ? '0' : type };
}

const octal = (text) => Number.parseInt(text || '0', 8);

function sizeOf(block) {
  if ((block[124] & 0x80) !== 0) return Number(block.readBigUInt64BE(128));
  return octal(block.subarray(124, 136).toString().split('\0')[0].trim());
}

async function body(reader, size) {
  const bytes = await reader.read(size);
  await reader.read((BLOCK - (size % BLOCK)) % BLOCK);
  return bytes;
}

async function skip(reader, size) {
  for (let left = size; left > 0; left -= PIECE) await reader.read(Math.min(left, PIECE));
  await reader.read((BLOCK - (size % BLOCK)) % BLOCK);
}

/** `<length> <key>=<value>\n`, again and again. */
function paxRecords(bytes) {
  const records = {};
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.subarray(at, at + 20).toString(), 10);
    const text = bytes.subarray(at, at + length).toString();
    const equals = text.indexOf('=');
    records[text.slice(text.indexOf(' ') + 1, equals)] = text.slice(equals + 1, -1);
    at += length;
  }
  return records;
}

async function extractFile(reader, path, header, records) {
  const map = records['COCOON.sparse.map'];
  const whole = [{ o: 0, l: header.size }];
  const segments = map === undefined ? whole : JSON.parse(map);
  const size = map === undefined ? header.size : Number(records['COCOON.sparse.size']);
  const descriptor = attempt('open', path, () => openSync(path, 'w', header.mode));
  try {
    ftruncateSync(descriptor, size);
    for (const { o, l } of segments ?? []) await writeSegment(reader, descriptor, o, l, path);
  } finally {
    closeSync(descriptor);
  }
  await reader.read((BLOCK - (header.size % BLOCK)) % BLOCK);
}

async function writeSegment(reader, descriptor, offset, length, path) {
  for (let at = 0; at < length; ) {
    const piece = await reader.read(Math.min(HOLE * 16, length - at));
    if (piece.length === 0) throw new Failure(`extract ${basename(path)}: unexpected EOF`);
    if (piece.some((byte) => byte !== 0)) writeSync(descriptor, piece, 0, piece.length, offset + at);
    at += piece.length;
  }
}
