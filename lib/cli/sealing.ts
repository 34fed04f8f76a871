import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { BlobcheckError, type BlobFiles, blobFilesIn, escapeText, type SealReport, sealBrought } from '../index.js';
import { startProgram } from '../start-program.js';
import { type StoreOptions, storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

/**
 * `blobcheck sealing -- PROGRAM ARG…`: runs cocoon's `image pull` or `image import`, then seals what it has brought. The
 * program has our streams, gets our signals, and its end is ours: exit code or signal.
 */
export async function sealingCommand(
  words: readonly string[],
  options: StoreOptions,
  terminal: Terminal,
): Promise<number> {
  const [program, ...args] = words;
  if (program === undefined) throw new BlobcheckError('usage', 'name the program to run, after --');
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  const say = (text: string) => terminal.err(`blobcheck: ${escapeText(text)}\n`);
  const before = await filesBefore(check.location, blobFilesIn).catch((error: unknown) => {
    say(`what this brings will not be sealed: ${messageOf(error)}`);
    return null;
  });
  const ended = await runThrough(program, args, terminal);
  if (before !== null) {
    // Whatever becomes of the seals, the program's end is ours.
    try {
      const report = await sealBrought(before, args, check);
      tell(report, say);
      for (const blob of report.kept) say(`${blob.slice(0, 12)}… was kept, not replaced`);
    } catch (error) {
      say(messageOf(error));
    }
  }
  return ended();
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function filesBefore(
  location: ReturnType<typeof storeCheckOptions>['location'],
  blobFilesIn: (root: string) => Promise<BlobFiles>,
): Promise<BlobFiles> {
  return await blobFilesIn((await location).root);
}

/** Ends as the program ended: a signal that killed it kills us. */
function runThrough(program: string, args: readonly string[], terminal: Terminal): Promise<() => number> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess | null = null;
    // Before it is started: one that comes while it starts must neither kill us nor be lost.
    terminal.passSignals((signal) => child?.kill(signal));
    child = startProgram(program, args, { stdio: 'inherit', env: terminal.ownEnv }, (error) => {
      terminal.passSignals(null);
      reject(new BlobcheckError('unreadable', `${program} does not start: ${error.message}`));
    });
    child?.on('close', (code, signal) => {
      terminal.passSignals(null);
      resolve(() => {
        if (signal === null) return code ?? 1;
        terminal.dieOf(signal);
        return 128 + constants.signals[signal];
      });
    });
  });
}

function tell(report: SealReport, say: (text: string) => void): void {
  for (const { code, message } of report.findings) say(`${code}: ${message}`);
  for (const blob of report.blobs) {
    const name = `${blob.blob.slice(0, 12)}…`;
    if (blob.outcome === 'refused')
      say(`${name} is not sealed: ${blob.findings.map(({ message }) => message).join('; ')}`);
    else if (blob.outcome !== 'kept') say(`${name} is ${blob.outcome}, basis ${blob.basis}`);
  }
}
