import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FindingCode,
  type StampFacts,
  type StoreCheckOptions,
  stampFacts,
  stampName,
  verdictOf,
  writeStamp,
} from '../index.js';
import { type HookQuestion, type Judged, lookAt } from './hook-judge.js';
import { warningText } from './hook-text.js';
import { storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import { policyByName } from './pull-policy.js';
import { type Asked, filesOfQuestion } from './stamp-question.js';

/** An allow with one of these is not repeated: it is about to change, or stands on what cocoon will put right. */
const passing: ReadonlySet<FindingCode> = new Set(['verification-overdue', 'metadata-recovered', 'state-unusable']);

/** Milliseconds to wait for a change to be past (a receipt that was just written); longer is left to the next ask. */
const LONGEST_REST_MS = 100;

/** Looks that are taken besides the one that has given the answer. */
const MORE_LOOKS = 2;

/** An answer, and what the files were like before it was given. */
interface Seen {
  readonly judged: Judged;
  readonly before: StampFacts | null;
  readonly startedNs: bigint;
}

/**
 * Remembers an allow of a clone for bin/stamp.sh. Made before anything is judged; null where the script has not asked for
 * it, or the question is one that it does not answer.
 *
 * What is remembered was judged between two equal looks at all the files that it rests on, the last of which had changed
 * before the first look: so nothing was judged that is not what the stamp describes.
 */
export async function startStamping(
  question: HookQuestion,
  words: readonly string[],
): Promise<((judged: Judged) => Promise<void>) | null> {
  const { options, terminal } = question;
  const { question: text } = options;
  const [ref] = words;
  if (text === undefined || ref === undefined || words.length !== 1 || stampName(ref) === null) return null;
  const policyOf = await policyByName(terminal, 'Never');
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  const asked = async (): Promise<Asked> => {
    return { ref, root: (await check.location).root, runDir: options.runDir, terminal };
  };
  const startedNs = nowNs();
  const before = await factsNow(text, asked, check);
  return async (judged) => {
    let seen: Seen = { judged, before, startedNs };
    for (let looks = 0; looks <= MORE_LOOKS && mayStand(seen.judged, policyOf); looks++) {
      const after = await factsNow(text, asked, check);
      if (after === null) return;
      if (isOf(seen, after)) return await leave(text, ref, seen.judged, after);
      const restMs = Number(after.settledNs - nowNs()) / 1e6;
      if (restMs > LONGEST_REST_MS) return;
      await sleep(Math.max(0, restMs + 1));
      const again = nowNs();
      const facts = await factsNow(text, asked, check);
      const report = await lookAt(question, { snapshots: words });
      seen = { startedNs: again, before: facts, judged: { findings: report.findings, entries: report.snapshots } };
    }
  };
}

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

async function factsNow(
  question: string,
  asked: () => Promise<Asked>,
  check: StoreCheckOptions,
): Promise<StampFacts | null> {
  const now = await asked().catch(() => null);
  const others = now === null ? null : filesOfQuestion(question, now);
  return now === null || others === null ? null : await stampFacts(now.ref, others, check);
}

function mayStand({ findings, entries }: Judged, policyOf: (name: string) => string): boolean {
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) return false;
  const all = [...findings, ...entry.findings];
  const policy = policyOf(entry.name ?? entry.id ?? entry.ref);
  return verdictOf(all) === 'allow' && policy !== 'Always' && !all.some(({ code }) => passing.has(code));
}

function isOf({ judged, before, startedNs }: Seen, after: StampFacts): boolean {
  const [entry] = judged.entries;
  return before !== null && before.text === after.text && after.id === entry?.id && after.settledNs < startedNs;
}

async function leave(question: string, ref: string, judged: Judged, facts: StampFacts): Promise<void> {
  const warnings = warningText(judged).split('\n').slice(0, -1);
  const from = Math.floor(Date.now() / 1000);
  await writeStamp(facts.state, ref, { ...facts.files, question, from, until: facts.until, warnings });
}
