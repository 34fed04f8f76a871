import type { Contestant } from './case.js';
import { run, whyAbsent } from './program.js';

/** Makes contestants that hash one file, in GB/s; a rate counts only if the digest is right. */
export class Rates {
  constructor(
    private readonly path: string,
    private readonly size: number,
    private readonly digest: string,
  ) {}

  /** `work` hashes the file and says its digest. */
  timed(name: string, work: () => Promise<string>): Contestant {
    return {
      name,
      measure: async () => {
        const started = performance.now();
        const found = await work();
        const seconds = (performance.now() - started) / 1000;
        if (!found.includes(this.digest)) throw new Error(`${name} found another digest: ${found}`);
        return this.size / seconds / 1e9;
      },
    };
  }

  /** A program from start to exit that is given the file as its last argument. */
  process(name: string, words: readonly string[]): Contestant {
    const work = async () => (await run([...words, this.path])).stdout;
    return { ...this.timed(name, work), absent: whyAbsent(words[0] ?? '') };
  }
}
