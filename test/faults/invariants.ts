import type { Seal } from '../../lib/trust/seal-record.js';
import { verify } from '../../lib/verify/verify.js';
import { type Asked, brokenDocument, type Ended } from './answers.js';
import { brokenFiles, filesOf, type Writable } from './files-of.js';
import { brokenMemory, sealsOf } from './remembered.js';
import type { TroubledNode } from './troubled-node.js';

/** A node before something happens to a run on it. */
export interface Before {
  readonly node: TroubledNode;
  readonly files: ReadonlyMap<string, string>;
  readonly seals: ReadonlyMap<string, Seal>;
}

/** What happened, and what is asked of the end. */
export interface Happened {
  readonly ended: Ended & { readonly hangs?: boolean };
  readonly asked: Asked;
  /** Signals and exit codes beside 0, 1 and 3 that what was done to it may end in. */
  readonly mayEndIn?: readonly (number | NodeJS.Signals)[];
  /** Whether something was done to Node itself or to a child of ours, which may end it in its own way and its own words. */
  readonly isNodes?: boolean;
  readonly writable?: Writable;
  /** Judges the answer, if it is no document. */
  readonly brokenAnswer?: (ended: Ended, asked: Asked) => readonly string[];
  /** The next run, if it is not a check of all; what is wrong with its end. */
  readonly next?: () => Promise<readonly string[]>;
}

/** What cannot be mended afterwards is looked at before. */
export async function beforeFault(node: TroubledNode): Promise<Before> {
  return { node, files: filesOf(node.root.directory), seals: await sealsOf(node) };
}

/**
 * Whatever happens to a run of ours, after it: its verdict was right or none, and named; it ended as it may; no file of the
 * root is lost or changed; all that is remembered can be read, and no torso stands in the place of a good file; and the
 * next run, which nobody troubles, is right about everything. Returns what does not hold.
 */
export async function brokenInvariants({ node, files, seals }: Before, happened: Happened): Promise<readonly string[]> {
  const { ended, asked, writable = new Map(), brokenAnswer = brokenDocument, next } = happened;
  return [
    ...brokenEnd(happened),
    ...brokenAnswer(ended, asked),
    ...brokenFiles(node.root.directory, files, writable),
    ...(await brokenMemory(node, seals)),
    ...(await (next?.() ?? brokenNext(node))),
  ];
}

function brokenEnd({ ended, mayEndIn = [], isNodes = false }: Happened): readonly string[] {
  const { status, signal, stderr, hangs = false } = ended;
  if (hangs) return ['it hangs'];
  const end = signal ?? status ?? 0;
  const may = [0, 1, 3, ...mayEndIn].includes(end) || isNodes;
  const stack = /^\s+at .*:\d+:\d+\)?$/m.exec(stderr)?.[0];
  return [
    ...(may ? [] : [`it ends with ${end}`]),
    ...(stack === undefined || isNodes ? [] : [`a stack trace: ${stack}`]),
  ];
}

/** A check of everything by what is remembered says what a full check says, and has nothing to complain of. */
export async function brokenNext(node: TroubledNode): Promise<readonly string[]> {
  const options = { location: node.root.location, stateDir: node.state, tool: 'test' };
  const { findings, snapshots } = await verify({ all: true }, options);
  const wrong = snapshots.filter(({ ref, verdict }) => node.verdicts.get(ref) !== verdict);
  return [
    ...findings.map(({ code, message }) => `the next run says ${code}: ${message}`),
    ...wrong.map(({ ref, verdict, findings: [first] }) => `the next run says ${verdict} of ${ref}: ${first?.message}`),
    ...(snapshots.length === node.verdicts.size ? [] : ['the next run does not see every snapshot']),
  ];
}
