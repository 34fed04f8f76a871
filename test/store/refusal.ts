import * as assert from 'uvu/assert';
import { BlobcheckError, type ErrorCode } from '../../lib/errors.js';

/** The error with which a promise was rejected: ours, of this code, its message holding this text. */
export async function refusal(
  promise: Promise<unknown>,
  code: ErrorCode,
  text: string | RegExp,
): Promise<BlobcheckError> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof BlobcheckError)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, text);
    return error;
  }
  throw new Error(`nothing was refused; expected ${code}: ${text}`);
}
