import { StringDecoder } from 'node:string_decoder';

/** Characters of one line; what a server says ends up in one. */
const LONGEST_LINE = 4096;

/** Milliseconds between two lines of progress that a terminal would write over each other. */
const PROGRESS_EVERY_MS = 10_000;

/**
 * Takes what a program prints apart into lines, none of them empty. A part that ends in a carriage return is progress:
 * one is told every 10 s.
 */
export function lineReader(onLine: (line: string) => void, now: () => number = Date.now): (text: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let toldAt = now();
  return (text) => {
    const parts = (rest + decoder.write(text)).split(/(\r\n|\r|\n)/);
    rest = (parts.pop() ?? '').slice(-LONGEST_LINE);
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const line = (parts[at] ?? '').slice(0, LONGEST_LINE).trimEnd();
      const isProgress = parts[at + 1] === '\r';
      if (line === '' || (isProgress && now() - toldAt < PROGRESS_EVERY_MS)) continue;
      toldAt = isProgress ? now() : toldAt;
      onLine(line);
    }
  };
}
