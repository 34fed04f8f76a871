import { type FileIdentity, sameIdentity } from '../file/identity.js';
import { identityFromRecord, type Receipt } from './receipt-record.js';

/** Milliseconds that a good read speaks for the file if nobody says otherwise. */
export const DEFAULT_MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

/** Milliseconds that a read which denies speaks for the file: long enough that retries do not grind the disk. */
export const MAX_BAD_AGE_MS = 10 * 60 * 1000;

export interface ReceiptAnswer {
  readonly result: Receipt['result'];
  /** A good read that is too long ago, or in the future: it speaks, and the file is to be read again. */
  readonly overdue: boolean;
}

/**
 * What a receipt says of the file that stands there now; null when it says nothing: another file, a file that was
 * touched, or a read that denies and is too long ago. A receipt from the future tells that the clock went back, so its
 * age is unknown.
 */
export function receiptAnswer(
  receipt: Receipt,
  identity: FileIdentity,
  nowMs: number,
  maxGoodAgeMs: number = DEFAULT_MAX_AGE_MS,
): ReceiptAnswer | null {
  if (!sameIdentity(identityFromRecord(receipt.identity), identity)) return null;
  const ageMs = nowMs - Date.parse(receipt.at);
  const { result } = receipt;
  const overdue = ageMs < 0 || ageMs > (result === 'good' ? maxGoodAgeMs : MAX_BAD_AGE_MS);
  return overdue && result !== 'good' ? null : { result, overdue };
}
