import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Row } from '../case.js';
import { inTemporary } from '../data.js';
import { maxResidentBytes } from '../program.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';

/** The ends of the range in which memory must be constant (performance.md). Files of holes: none takes room on the disk. */
const SIZES = [100 * 2 ** 20, 2 ** 30, 10 * 2 ** 30];

export const benchmark: BenchCase = {
  summary: 'memory while hashing files of 100 MiB to 10 GiB',
  run: () =>
    inTemporary(async (directory) => {
      const subject = { name: 'blobcheck hash', words: [program, 'hash'] };
      const rows: Row[] = [];
      for (const size of SIZES) {
        const path = join(directory, 'holes');
        writeFileSync(path, '');
        truncateSync(path, size);
        const bytes = await maxResidentBytes([...subject.words, path]);
        rows.push({ name: `${subject.name}, ${sizeText(size)}`, absent: null, samples: [bytes / 1e6] });
      }
      const most = Math.max(...rows.flatMap(({ samples }) => samples));
      return {
        title: 'The most memory resident while one file is hashed',
        unit: 'MB',
        relativeTo: null,
        rows,
        notes: [],
        targets: [{ name: 'MB resident at most', relation: '<=', limit: 110, measured: most }],
      };
    }),
};
