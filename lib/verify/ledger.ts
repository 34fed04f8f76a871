import type { FileHandle } from 'node:fs/promises';
import type { HashedFile } from '../digest/hash-file.js';
import { withLock } from '../trust/lock.js';
import { currentOperator } from '../trust/operator.js';
import { startNote } from '../trust/reading-note.js';
import type { Receipt } from '../trust/receipt-record.js';
import { readReceipt, writeReceipt } from '../trust/receipts.js';
import type { Basis, NewSeal, Seal } from '../trust/seal-record.js';
import { readSeal, replaceSeal, type SealWritten, writeSeal } from '../trust/seals.js';
import type { StateDirectory } from '../trust/state-directory.js';
import { type OnProgress, watchReader } from './reader.js';

/** What the state directory says of one blob. */
export interface Remembered {
  readonly seal: Seal | null;
  /** A seal is there and does not count: never the same as none. */
  readonly sealProblem: string | null;
  readonly receipt: Receipt | null;
}

/** Who asks for the turn to read a blob. */
export interface Asker {
  readonly path: string;
  /** What there is to read. */
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  /** Is told how far the process is that has the turn. */
  readonly onProgress: OnProgress;
}

/** The state directory for one run: trouble with it is collected, and never changes a verdict by itself. */
export interface Ledger {
  /** Each once: what the warning `state-unusable` says. */
  readonly problems: ReadonlySet<string>;
  /** Whether the turn to read is held already: then `whileReading` does not wait. */
  readonly isInTurn: boolean;
  /** The version of this program. */
  readonly tool: string;
  /** Whether a turn to read has been taken: then time has passed, whoever read. */
  hasTakenTurn(): boolean;
  recall(blob: string): Promise<Remembered>;
  /**
   * Does `work`, a full read of the blob, while no other process reads it; without a place to lock it all the same. `work`
   * tells its progress to what it is given, which tells it to the asker, and to all who wait.
   */
  whileReading<T>(blob: string, asker: Asker, work: (onProgress: OnProgress) => Promise<T>): Promise<T>;
  /** Seals a blob that has no seal. */
  seal(blob: string, hashed: HashedFile, basis: Basis): Promise<SealWritten>;
  /** Seals a blob anew, because somebody asked for it by name; the old seal goes into the history. */
  reseal(blob: string, hashed: HashedFile, basis: Basis): Promise<SealWritten>;
  /** Records a full read, and whether header and tables of what was read were judged and nothing was found. */
  recordRead(
    blob: string,
    path: string,
    hashed: HashedFile,
    result: Receipt['result'],
    structure: 'sound' | 'unknown',
  ): Promise<void>;
}

export function ledgerOf(state: StateDirectory, tool: string): Ledger {
  const problems = new Set(state.problems);
  let hasTakenTurn = false;
  const note = (problem: string | null | undefined) => {
    if (problem) problems.add(problem);
  };
  return {
    problems,
    isInTurn: false,
    tool,
    hasTakenTurn: () => hasTakenTurn,
    async recall(blob) {
      const seal = await readSeal(state, blob);
      const receipt = await readReceipt(state, blob);
      if (seal.kind === 'none') note(seal.problem);
      if (receipt.kind === 'none') note(receipt.problem);
      return {
        seal: seal.kind === 'sealed' ? seal.seal : null,
        sealProblem: seal.kind === 'unreadable' ? seal.reason : null,
        receipt: receipt.kind === 'receipt' ? receipt.receipt : null,
      };
    },
    async whileReading(blob, asker, work) {
      hasTakenTurn = true;
      const { path, signal, onProgress } = asker;
      const watch = watchReader(state, blob, (reader) => {
        onProgress(path, reader.bytesDone, reader.bytesTotal, reader);
      });
      const locked = await withLock(state, blob, { signal }, async (file) => {
        watch.stop();
        return await whileNoted(file, blob, asker, work);
      }).finally(watch.stop);
      if (locked.kind === 'done') return locked.result;
      note(locked.problem);
      return await work(onProgress);
    },
    async seal(blob, hashed, basis) {
      const written = await writeSeal(state, decisionOf(blob, hashed, basis, tool));
      if (written.kind === 'not-written') note(written.problem);
      return written;
    },
    async reseal(blob, hashed, basis) {
      const written = await replaceSeal(state, decisionOf(blob, hashed, basis, tool));
      if (written.kind === 'not-written') note(written.problem);
      return written;
    },
    async recordRead(blob, path, hashed, result, structure) {
      const written = await writeReceipt(state, { blob, path, hashed, result, structure, tool });
      if (written.kind === 'not-written') note(written.problem);
    },
  };
}

/** Does `work` and keeps a note of how far it is in the lock's file. */
async function whileNoted<T>(
  file: FileHandle,
  blob: string,
  { bytes, onProgress }: Asker,
  work: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  const written = startNote(file, blob, bytes);
  try {
    return await work((path, bytesDone, bytesTotal) => {
      written.update(bytesDone, bytesTotal);
      onProgress(path, bytesDone, bytesTotal);
    });
  } finally {
    await written.remove();
  }
}

/** The decision that a blob must have the content that was just read. */
function decisionOf(blob: string, hashed: HashedFile, basis: Basis, tool: string): NewSeal {
  return {
    blob,
    digest: `sha256:${hashed.digest}`,
    size: hashed.bytes,
    basis,
    since: new Date().toISOString(),
    by: currentOperator(),
    tool,
  };
}
