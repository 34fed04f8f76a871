import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BenchCase, CaseReport, Contestant, Row } from '../case.js';
import { inTemporary, randomFile, warm } from '../data.js';
import { interleave } from '../interleave.js';
import { coreRate } from '../openssl.js';
import { maxResidentBytes, run, whyAbsent } from '../program.js';
import { sizeText } from '../sizes.js';
import { ratio } from '../statistics.js';
import { program } from '../subject.js';

const CORE = 'openssl speed, 64 KiB blocks';
const LIBRARY = 'hashFile in process';

export const benchmark: BenchCase = {
  summary: 'SHA-256 of one file in the page cache, beside node:crypto, hash-wasm, openssl and sha256sum',
  run: ({ size, rounds }) => inTemporary((directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const path = join(directory, 'blob');
  randomFile(path, size);
  const { digest } = await hashFile(path);
  const subject = { name: 'blobcheck hash', words: [program, 'hash'] };
  const rateOf = (seconds: number) => size / seconds / 1e9;

  /** A rate that counts only if the digest is right. */
  const timed = (name: string, work: () => Promise<string>): Contestant => ({
    name,
    measure: async () => {
      const started = performance.now();
      const found = await work();
      const seconds = (performance.now() - started) / 1000;
      if (!found.includes(digest)) throw new Error(`${name} found another digest: ${found}`);
      return rateOf(seconds);
    },
  });
  const process = (name: string, words: readonly string[]): Contestant => ({
    ...timed(name, async () => (await run([...words, path])).stdout),
    absent: whyAbsent(words[0] ?? ''),
  });

  const contestants = [
    process(subject.name, subject.words),
    process('openssl dgst', ['openssl', 'dgst', '-sha256']),
    process('sha256sum', ['sha256sum']),
    timed(LIBRARY, async () => (await hashFile(path)).digest),
    timed('node:crypto over createReadStream', () => simplestLoop(path)),
    timed('hash-wasm in the same loop as ours', async () => (await hashFile(path, { engine: 'wasm' })).digest),
    coreRate('openssl speed, 16 KiB blocks', 16 * 1024),
    coreRate(CORE, 64 * 1024),
    coreRate(`openssl speed, ${sizeText(BUFFER_BYTES)} blocks`, BUFFER_BYTES),
  ];
  const rows = await interleave(contestants, rounds, () => warm(path));
  const resident = (await maxResidentBytes([...subject.words, path])) / 1e6;
  const samples = (name: string): Row['samples'] => rows.find((row) => row.name === name)?.samples ?? [];
  return {
    title: `SHA-256 of one file of ${sizeText(size)}, in the page cache, ${rounds} interleaved rounds, medians`,
    unit: 'GB/s',
    relativeTo: CORE,
    rows,
    notes: [
      `${subject.name}, openssl dgst and sha256sum are whole processes, from start to exit; ${LIBRARY} counts open and fstat.`,
      `Our buffers have ${sizeText(BUFFER_BYTES)}. OpenSSL is put beside us at 64 KiB, where it does not leave the core's cache.`,
    ],
    targets: [
      { name: `${LIBRARY} / ${CORE}`, relation: '>=', limit: 0.92, measured: ratio(samples(LIBRARY), samples(CORE)) },
      target(subject.name, 'openssl dgst', 1.15),
      target(subject.name, 'sha256sum', 4.5),
      { name: `${subject.name}: MB resident at most`, relation: '<=', limit: 110, measured: resident },
    ],
  };

  function target(ours: string, peer: string, limit: number) {
    return { name: `${ours} / ${peer}`, relation: '>=' as const, limit, measured: ratio(samples(ours), samples(peer)) };
  }
}

/** What a program does that thinks of nothing: Node's default stream of 64 KiB chunks. */
async function simplestLoop(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
