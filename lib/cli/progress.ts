import { basename } from 'node:path';
import { bytesText, escapeText, secondsText } from '../index.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two plain lines where standard error is no terminal, and before the first of them. */
const plainLineEvery = 10_000;

/** Milliseconds of work before a bar appears: what is over sooner needs none. */
const barAfter = 400;

export interface Progress {
  /** One file's bytes so far. */
  update(path: string, bytesDone: number, bytesTotal: number): void;
  /** Takes the bar off the terminal; to be called before anything else is printed. */
  stop(): void;
}

const silent: Progress = { update: () => {}, stop: () => {} };

/** Progress on standard error: a bar with rate and time left on a terminal, a line every 10 s elsewhere. */
export function progressOn(terminal: Terminal, quiet: boolean, now: () => number = Date.now): Progress {
  if (quiet) return silent;
  return terminal.stderrIsTerminal ? barProgress(terminal, now) : plainProgress(terminal, now);
}

function barProgress(terminal: Terminal, now: () => number): Progress {
  let bar: import('cli-progress').SingleBar | null = null;
  let drawing: string | null = null;
  const started = now();
  let fileStarted = started;
  let library: typeof import('cli-progress') | 'loading' | null = null;
  const stop = () => {
    bar?.stop();
    bar = null;
    drawing = null;
  };
  // An interrupted run leaves no half a bar before the prompt.
  terminal.signal.addEventListener('abort', stop, { once: true });
  return {
    update(path, bytesDone, bytesTotal) {
      if (now() - started < barAfter) return;
      if (library === null) {
        library = 'loading';
        import('cli-progress').then((loaded) => {
          library = loaded.default;
        }, ignoreMissingBar);
      }
      if (library === 'loading') return;
      if (bar === null || drawing !== path) {
        bar?.stop();
        fileStarted = now();
        drawing = path;
        bar = new library.SingleBar({
          format: '{name}  {bar}  {percentage}%  {rate}  {left} left',
          clearOnComplete: true,
          hideCursor: false,
          barsize: 24,
        });
        bar.start(bytesTotal, bytesDone, payload(path, bytesDone, bytesTotal, now() - fileStarted));
      }
      bar.update(bytesDone, payload(path, bytesDone, bytesTotal, now() - fileStarted));
    },
    stop,
  };
}

/** Work goes on without a bar. */
function ignoreMissingBar(): void {}

function plainProgress(terminal: Terminal, now: () => number): Progress {
  let last = now();
  let current: string | null = null;
  let fileStarted = last;
  return {
    update(path, bytesDone, bytesTotal) {
      if (path !== current) {
        current = path;
        fileStarted = now();
      }
      if (now() - last < plainLineEvery) return;
      last = now();
      const { name, rate, left } = payload(path, bytesDone, bytesTotal, now() - fileStarted);
      terminal.err(`${name}: ${bytesText(bytesDone)} of ${bytesText(bytesTotal)}, ${rate}, ${left} left\n`);
    },
    stop: () => {},
  };
}

interface Payload {
  readonly name: string;
  readonly rate: string;
  readonly left: string;
}

function payload(path: string, bytesDone: number, bytesTotal: number, milliseconds: number): Payload {
  const seconds = Math.max(0.001, milliseconds / 1000);
  const rate = bytesDone / seconds;
  const left = rate > 0 ? secondsText(Math.round(Math.max(0, bytesTotal - bytesDone) / rate)) : '?';
  const name = escapeText(basename(path));
  return { name: name.length > 24 ? `${name.slice(0, 20)}…` : name, rate: `${bytesText(rate)}/s`, left };
}
