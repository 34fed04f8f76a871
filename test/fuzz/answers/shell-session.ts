import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** What a script says: a word that names it, and more. */
export type Said = readonly [kind: string, ...words: string[]];

/**
 * One `sh` that answers many questions, because to start one for each would take all the time. A script says something by
 * `printf '%s\0' KIND COUNT WORD…`, and ends an answer with the kind `end`. It must not outlive us, nor keep us.
 */
export class ShellSession {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #text = '';

  /** `script` reads lines; `words` are its `$0`, `$1`, … */
  constructor(script: string, words: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn('sh', ['-c', script, ...words], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdout.setEncoding('utf8');
    this.#hold(false);
  }

  /** Asks by a line; returns what was said until the end. */
  async ask(line: string): Promise<readonly Said[]> {
    this.#hold(true);
    this.#child.stdin.write(`${line}\n`);
    try {
      for (;;) {
        const said = saidIn(this.#text);
        if (said !== null) {
          this.#text = '';
          return said;
        }
        this.#text += await this.#more();
      }
    } finally {
      this.#hold(false);
    }
  }

  #more(): Promise<string> {
    const { stdout } = this.#child;
    return new Promise((resolve, reject) => {
      const onData = (chunk: string) => {
        stdout.off('end', onEnd);
        resolve(chunk);
      };
      const onEnd = () => {
        stdout.off('data', onData);
        reject(new Error(`sh has ended after: ${JSON.stringify(this.#text)}`));
      };
      stdout.once('data', onData);
      stdout.once('end', onEnd);
      stdout.resume();
    });
  }

  #hold(isAsked: boolean): void {
    const how = isAsked ? 'ref' : 'unref';
    this.#child[how]();
    for (const stream of [this.#child.stdin, this.#child.stdout]) (stream as unknown as Socket)[how]();
  }
}

/** Null where the end is not there yet. */
function saidIn(text: string): readonly Said[] | null {
  const tokens = text.split('\0');
  const said: Said[] = [];
  for (let at = 0; ; ) {
    const [kind, count] = tokens.slice(at, at + 2);
    // The last piece is what follows the last NUL.
    if (kind === undefined || count === undefined || at + 2 + Number(count) >= tokens.length) return null;
    said.push([kind, ...tokens.slice(at + 2, at + 2 + Number(count))]);
    if (kind === 'end') return said;
    at += 2 + Number(count);
  }
}

/** A word for `eval` of a line that `read` has read: what ends a line stands in `$line_end`. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''").replaceAll('\n', `'"$line_end"'`)}'`;
}
