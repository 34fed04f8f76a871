import { hostname } from 'node:os';
import { basename } from 'node:path';
import { bytesText, escapeText, type OnProgress, type Reader, secondsText } from '../index.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two plain lines where standard error is no terminal, and before the first of them. */
const plainLineEvery = 10_000;

/** Milliseconds of work before a bar appears: what is over sooner needs none. */
const barAfter = 400;

export interface Progress {
  /** One file's bytes so far, of our own read (several may be read at once) or of the one that we wait for. */
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
      const measure = meter(path, bytesDone, bytesTotal, reader);
      if (now() - started < barAfter) return;
      if (library === null) {
        library = 'loading';
        import('cli-progress').then((loaded) => {
          library = loaded.default;
        }, ignoreMissingBar);
      }
      if (library === 'loading') return;
      const measured = measure();
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
        bar.start(measured.bytesTotal, measured.bytesDone, measured);
      }
      bar.setTotal(measured.bytesTotal);
      bar.update(measured.bytesDone, measured);
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
      const measure = meter(path, bytesDone, bytesTotal, reader);
      if (!lines.due()) return;
      const { who, name, rate, left, ...sum } = measure();
      lines.print(`${who}${name}: ${bytesText(sum.bytesDone)} of ${bytesText(sum.bytesTotal)}, ${rate}, ${left} left`);
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
  /** What a bar is drawn of: our reads, or those of one process. */
  readonly key: string;
  /** Whom we wait for; empty where we read ourselves. */
  readonly who: string;
  /** Of one file its name; of several how many they are. */
  readonly name: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly rate: string;
  readonly left: string;
}

/** What is known of one file that is being read. */
interface FileProgress {
  /** Bytes that it began with when it was first seen. */
  readonly from: number;
  done: number;
  total: number;
}

/**
 * Rate and time left: of our own reads together, from where each was when it was first seen; else of who reads. They are
 * worked out when they are asked for: of a thousand steps few are shown.
 */
function meterOf(now: () => number): (...progress: Parameters<OnProgress>) => () => Measured {
  const noteOurs = meterOfOurs(now);
  return (path, bytesDone, bytesTotal, reader) =>
    reader === undefined
      ? noteOurs(path, bytesDone, bytesTotal)
      : () => measureTheirs(path, bytesDone, bytesTotal, reader);
}

function meterOfOurs(now: () => number): (path: string, bytesDone: number, bytesTotal: number) => () => Measured {
  const files = new Map<string, FileProgress>();
  let started = 0;
  return (path, bytesDone, bytesTotal) => {
    // What is read next is a new piece of work, with a rate of its own; so is a file that is read a second time.
    if ([...files.values()].every(({ done, total }) => done >= total)) files.clear();
    if (files.size === 0) started = now();
    const known = files.get(path);
    const from = known === undefined || bytesDone < known.done ? bytesDone : known.from;
    files.set(path, { from, done: bytesDone, total: bytesTotal });
    return () => measureOurs(path, files, (now() - started) / 1000);
  };
}

function measureOurs(path: string, files: ReadonlyMap<string, FileProgress>, seconds: number): Measured {
  const sum = (pick: (file: FileProgress) => number) => [...files.values()].reduce((all, file) => all + pick(file), 0);
  const [done, total] = [sum((file) => file.done), sum((file) => file.total)];
  const rate = seconds > 0 ? sum((file) => file.done - file.from) / seconds : 0;
  const name = files.size > 1 ? `${files.size} files` : shortName(path);
  const secondsLeft = rate > 0 ? Math.max(0, total - done) / rate : null;
  return { key: name, who: '', name, bytesDone: done, bytesTotal: total, ...paceOf(rate, secondsLeft) };
}

/** Whoever reads it knows its own rate better, and when it began. */
function measureTheirs(path: string, bytesDone: number, bytesTotal: number, reader: Reader): Measured {
  const key = `${reader.host} ${reader.pid} ${path}`;
  const pace = paceOf(reader.bytesPerSecond ?? 0, reader.secondsLeft);
  return { key, who: waitingText(reader), name: shortName(path), bytesDone, bytesTotal, ...pace };
}

function paceOf(rate: number, secondsLeft: number | null): Pick<Measured, 'rate' | 'left'> {
  return {
    rate: rate > 0 ? `${bytesText(rate)}/s` : '?',
    left: rate > 0 && secondsLeft !== null ? secondsText(Math.round(secondsLeft)) : '?',
  };
}

function shortName(path: string): string {
  const name = escapeText(basename(path));
  return name.length > 24 ? `${name.slice(0, 20)}…` : name;
}

function waitingText({ pid, host, stalled, silentSeconds }: Reader): string {
  const where = host === hostname() ? '' : ` on ${escapeText(host)}`;
  const silent = stalled ? `, silent for ${secondsText(Math.round(silentSeconds))}` : '';
  return `waiting for process ${pid}${where}${silent}: `;
}
