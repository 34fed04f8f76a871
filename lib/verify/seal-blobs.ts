import { type Finding, finding } from '../finding/finding.js';
import { wordsRemedy } from '../finding/remedy.js';
import type { SealedBlob, SealReport } from '../report/documents.js';
import { parseBlobName } from '../store/blob.js';
import type { Store } from '../store/store.js';
import type { SealWritten } from '../trust/seals.js';
import { type JudgedBlob, judgeBlob } from './blob.js';
import { type BlobTarget, blobsToSeal, type SealRequest } from './blob-targets.js';
import { attempt } from './entry.js';
import { withHealing } from './heal.js';
import { withLayerHealing } from './heal-layer.js';
import type { Ledger } from './ledger.js';
import { openForCheck } from './open-for-check.js';
import { ensureImage, indexedBase, witnessedBy } from './origin.js';
import { stateFindings } from './report.js';
import type { Run, StoreCheckOptions } from './run.js';
import { judgeSideBySide } from './side-by-side.js';
import { verdictOf, worstVerdict } from './verdict.js';

/** Records what blobs must be from now on. What is known is never replaced by looking at the file again. */
export async function sealBlobs(request: SealRequest, options: StoreCheckOptions): Promise<SealReport> {
  const opened = await openForCheck(options);
  const { run, store, root } = opened;
  const findings: Finding[] = [];
  const blobs: SealedBlob[] = [];
  if (store === null) findings.push(opened.failure);
  else {
    try {
      const found = await attempt(findings, store.root, () => blobsToSeal(store, request, options.signal));
      findings.push(...(found?.findings ?? []));
      const seal = request.replace === undefined ? sealOne : resealOne;
      const outcomes = await judgeSideBySide(run, found?.targets ?? [], async (waiting, target) => {
        const failures: Finding[] = [];
        return { sealed: await attempt(failures, target.path, () => seal(waiting, store, target)), failures };
      });
      for (const { sealed, failures } of outcomes) {
        findings.push(...failures);
        if (sealed !== null) blobs.push(sealed);
      }
    } finally {
      await store.close();
    }
  }
  findings.push(...stateFindings(run));
  // A seal that was asked for and not written is never "all well", even where its reason is only a warning.
  const refused = blobs.some(({ outcome }) => outcome === 'refused') ? (['unverified'] as const) : [];
  const verdicts = [verdictOf(findings), ...blobs.map((blob) => verdictOf(blob.findings)), ...refused];
  return { schema: 'blobcheck/seal/v1', verdict: worstVerdict(verdicts), root, findings, blobs };
}

/** What the index says of a blob, and how its findings get their remedies. */
async function known({ place }: Run, store: Store, { blob, path }: BlobTarget) {
  if (parseBlobName(blob)?.kind === 'base') {
    const { request, origin } = await indexedBase(store, blob, path, { image: null, ensure: null, place });
    // A snapshot on it may name another image; what the index has is enough to bring the base by.
    const [image] = origin.indexedAs;
    const ensure = image === undefined ? null : ensureImage(place, image);
    return { request, heal: (findings: readonly Finding[]) => withHealing(findings, { ...origin, ensure }) };
  }
  const heal = (findings: readonly Finding[]) => withLayerHealing(findings, { path, image: '', sealedAs: null, place });
  return { request: { blob, path, indexedBytes: [] }, heal };
}

async function sealOne(run: Run, store: Store, target: BlobTarget): Promise<SealedBlob> {
  const { request, heal } = await known(run, store, target);
  const base = await run.blob(request);
  const findings = witnessedBy('file name', heal(base.findings));
  const { remembered, hashed } = base;
  const basis = remembered.seal?.basis ?? null;
  if (verdictOf(findings) === 'allow' && remembered.seal !== null) {
    return result(target, base, 'kept', basis, 'the content equals its seal, which stays as it is', findings);
  }
  if (verdictOf(findings) === 'allow' && hashed !== null) {
    // judgeBlob has sealed it by name already, unless the state directory refused.
    return await settled(run, target, base, await run.ledger.seal(target.blob, hashed, 'name'), findings);
  }
  const [only, ...others] = findings.filter(({ severity }) => severity !== 'warning' && severity !== 'info');
  if (only?.code === 'blob-unsealed' && others.length === 0 && hashed !== null) {
    const written = await run.ledger.seal(target.blob, hashed, 'operator');
    const warnings = findings.filter(({ code }) => code !== 'blob-unsealed');
    return await settled(run, target, base, written, warnings);
  }
  return result(target, base, 'refused', basis, null, findings);
}

/** `--replace`: the old seal does not count, the structure does. */
async function resealOne(run: Run, store: Store, target: BlobTarget): Promise<SealedBlob> {
  // Neither the old seal nor the index's word on its size counts: somebody vouches for what is there.
  const request = { blob: target.blob, path: target.path, indexedBytes: [] };
  const { heal } = await known(run, store, target);
  const base = await judgeBlob(request, { ...run.blobOptions, ledger: withoutLedger(run.ledger) });
  const healed = witnessedBy('file name', heal(base.findings));
  const findings = healed.filter(({ code }) => code !== 'blob-unsealed');
  if (verdictOf(findings) !== 'allow' || base.hashed === null) {
    return result(target, base, 'refused', null, null, findings);
  }
  const basis = base.hashed.digest === target.blob ? 'name' : 'operator';
  const written = await run.ledger.reseal(target.blob, base.hashed, basis);
  const sealed = await settled(run, target, base, written, findings);
  return sealed.outcome === 'sealed' ? { ...sealed, outcome: 'replaced' } : sealed;
}

async function settled(
  run: Run,
  target: BlobTarget,
  base: JudgedBlob,
  written: SealWritten,
  findings: readonly Finding[],
): Promise<SealedBlob> {
  if (written.kind === 'unreadable' || written.kind === 'not-written') {
    return result(target, base, 'refused', null, null, [...findings, notWritten(run, target, written)]);
  }
  const { basis, since, digest } = written.seal;
  if (written.kind === 'kept' && digest !== base.report.actual) {
    const raced = finding('blob-corrupt', 'another seal was written meanwhile, and the content differs from it', {
      subject: target.path,
      expected: digest,
      expectedFrom: `seal, basis ${basis}, since ${since}`,
      actual: base.report.actual,
    });
    return result(target, base, 'refused', basis, null, [...findings, raced]);
  }
  // The seal voided the receipt, and the content that it speaks of has just been read whole.
  if (base.hashed !== null) await run.ledger.recordRead(target.blob, target.path, base.hashed, 'good', base.structure);
  return result(target, base, 'sealed', basis, because[basis], findings);
}

const because = {
  name: "the content hashes to its name, which needs nobody's trust",
  operator: 'it does not hash to its name (it was converted) and its structure is sound: trusted because you say so',
  pull: 'it was sealed as it was pulled',
  proved: 'it is what a blob of a known seal becomes',
} as const;

function notWritten(
  run: Run,
  target: BlobTarget,
  written: Extract<SealWritten, { kind: 'unreadable' | 'not-written' }>,
): Finding {
  if (written.kind === 'unreadable') {
    return finding('seal-unreadable', `its seal cannot be read: ${written.reason}`, { subject: target.path });
  }
  const why = written.problem ?? [...run.ledger.problems][0] ?? 'there is no right to write in the state directory';
  return finding('state-unusable', `the seal is not written: ${why}`, {
    subject: target.path,
    ...wordsRemedy('mend what it says, run as root, or name another state directory with --state-dir'),
  });
}

function withoutLedger(ledger: Ledger): Ledger {
  return {
    ...ledger,
    recall: async () => ({ seal: null, sealProblem: null, receipt: null }),
    seal: async () => ({ kind: 'not-written', problem: null }),
    recordRead: async () => {},
  };
}

function result(
  target: BlobTarget,
  base: JudgedBlob,
  outcome: SealedBlob['outcome'],
  basis: SealedBlob['basis'],
  reason: string | null,
  findings: readonly Finding[],
): SealedBlob {
  const { actual: digest, bytes, how, readFrom } = base.report;
  const read = { digest, bytes, readFrom: how === 'hashed' ? readFrom : null };
  return { blob: target.blob, path: target.path, outcome, ...read, basis, because: reason, findings };
}
