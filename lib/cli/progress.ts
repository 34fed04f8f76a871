import { hostname } from 'node:os';
import { basename } from 'node:path';
import { bytesText, escapeText, type OnProgress, type Reader, secondsText } from '../index.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two plain lines where standard error is no terminal, and before the first of them. */
const plainLineEvery = 10_000;

/** Milliseconds of work before a bar appears: what is over sooner needs none. */
const barAfter = 400;

export interface Progress {
  /** One file's bytes so far, of our own read or of the one that we wait for. */
  readonly update: OnProgress;
  /** How many of all that was asked about are judged: what is told of work that reads few bytes. */
  judged(done: number, total: number): void;
  /** Takes the bar off the terminal; to be called before anything else is printed. */
  stop(): void;
}

const silent: Progress = { update: () => {}, judged: () => {}, stop: () => {} };

/** Progress on standard error: a bar with rate and time left on a terminal, a line every 10 s elsewhere. */
export function progressOn(terminal: Terminal, quiet: boolean, now: () => number = Date.now): Progress {
  if (quiet) return silent;
  return terminal.stderrIsTerminal ? barProgress(terminal, now) : plainProgress(terminal, now);
}

function barProgress(terminal: Terminal, now: () => number): Progress {
  let bar: import('cli-progress').SingleBar | null = null;
  let drawing: string | null = null;
  const started = now();
  const meter = meterOf(now);
  const lines = linesOn(terminal, now);
  let library: typeof import('cli-progress') | 'loading' | null = null;
  const stop = () => {
    bar?.stop();
    bar = null;
    drawing = null;
  };
  // An interrupted run leaves no half a bar before the prompt.
  terminal.signal.addEventListener('abort', stop, { once: true });
  return {
    update(path, bytesDone, bytesTotal, reader) {
      const measured = meter(path, bytesDone, bytesTotal, reader);
      if (now() - started < barAfter) return;
      if (library === null) {
        library = 'loading';
        import('cli-progress').then((loaded) => {
          library = loaded.default;
        }, ignoreMissingBar);
      }
      if (library === 'loading') return;
      if (bar === null || drawing !== measured.key) {
        bar?.stop();
        drawing = measured.key;
        bar = new library.SingleBar({
          // What a narrow terminal cuts off is at the end.
          format: '{who}{percentage}%  {rate}  {left} left  {bar}  {name}',
          clearOnComplete: true,
          hideCursor: false,
          barsize: 24,
        });
        bar.start(bytesTotal, bytesDone, measured);
      }
      bar.update(bytesDone, measured);
      lines.postpone();
    },
    judged(done, total) {
      if (!lines.due()) return;
      stop();
      lines.print(judgedText(done, total));
    },
    stop,
  };
}

/** Work goes on without a bar. */
function ignoreMissingBar(): void {}

function plainProgress(terminal: Terminal, now: () => number): Progress {
  const meter = meterOf(now);
  const lines = linesOn(terminal, now);
  return {
    update(path, bytesDone, bytesTotal, reader) {
      const { who, name, rate, left } = meter(path, bytesDone, bytesTotal, reader);
      if (!lines.due()) return;
      lines.print(`${who}${name}: ${bytesText(bytesDone)} of ${bytesText(bytesTotal)}, ${rate}, ${left} left`);
    },
    judged(done, total) {
      if (lines.due()) lines.print(judgedText(done, total));
    },
    stop: () => {},
  };
}

const judgedText = (done: number, total: number) => `${done} of ${total} judged`;

/** Lines of which one is due every 10 s, if nothing else has been shown meanwhile. */
function linesOn(terminal: Terminal, now: () => number) {
  let last = now();
  return {
    due: () => now() - last >= plainLineEvery,
    postpone: () => {
      last = now();
    },
    print: (text: string) => {
      last = now();
      terminal.err(`${text}\n`);
    },
  };
}

interface Measured {
  /** What is measured: a file, read by one process. */
  readonly key: string;
  /** Whom we wait for; empty where we read ourselves. */
  readonly who: string;
  readonly name: string;
  readonly rate: string;
  readonly left: string;
}

/** Rate and time left of one file after the other, from where each was when it was first seen. */
function meterOf(now: () => number): (...progress: Parameters<OnProgress>) => Measured {
  let current: string | null = null;
  let started = 0;
  let startedAt = 0;
  return (path, bytesDone, bytesTotal, reader) => {
    const key = `${reader?.host ?? ''} ${reader?.pid ?? ''} ${path}`;
    if (key !== current) {
      current = key;
      started = now();
      startedAt = bytesDone;
    }
    const seconds = (now() - started) / 1000;
    const ours = seconds > 0 ? (bytesDone - startedAt) / seconds : 0;
    // Whoever reads it knows its own rate better, and when it began.
    const rate = reader === undefined ? ours : (reader.bytesPerSecond ?? 0);
    const secondsLeft = reader === undefined ? Math.max(0, bytesTotal - bytesDone) / rate : reader.secondsLeft;
    const left = rate > 0 && secondsLeft !== null ? secondsText(Math.round(secondsLeft)) : '?';
    const name = escapeText(basename(path));
    return {
      key,
      who: reader === undefined ? '' : waitingText(reader),
      name: name.length > 24 ? `${name.slice(0, 20)}…` : name,
      rate: rate > 0 ? `${bytesText(rate)}/s` : '?',
      left,
    };
  };
}

function waitingText({ pid, host, stalled, silentSeconds }: Reader): string {
  const where = host === hostname() ? '' : ` on ${escapeText(host)}`;
  const silent = stalled ? `, silent for ${secondsText(Math.round(silentSeconds))}` : '';
  return `waiting for process ${pid}${where}${silent}: `;
}
