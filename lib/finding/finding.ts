import { catalogue, type FindingCode, type Severity } from './catalogue.js';

/** One thing that a check found. The verdict and every count are computed from the list of these. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** One sentence: what is the matter, and with what. Not escaped: whoever prints it escapes it. */
  readonly message: string;
  /** The path (or reference) that the finding is about. */
  readonly subject: string | null;
  readonly expected: string | null;
  /** The witness of `expected`: never the file that is judged. */
  readonly expectedFrom: string | null;
  readonly actual: string | null;
  /** What mends it, quoted for a POSIX shell, or words where no command can be built. */
  readonly remedy: string | null;
  /** The remedy's words, unquoted; null where the remedy is no command. */
  readonly remedyArgv: readonly string[] | null;
}

/** What is expected has a witness, or nobody could say why it is. */
type Witnessed =
  | { readonly expected: string | null; readonly expectedFrom: string | null }
  | { readonly expected?: null; readonly expectedFrom?: string | null };

export type FindingDetails = Witnessed &
  Partial<Omit<Finding, 'code' | 'severity' | 'message' | 'expected' | 'expectedFrom'>>;

/**
 * Characters of a message or a value that are kept: a path of Linux (PATH_MAX, 4,096 bytes) and a sentence around it. What a
 * hostile file says may have megabytes.
 */
const LONGEST_TEXT = 5000;

/**
 * Makes a finding. Severity comes from the catalogue, and so do the words of the remedy where none is given; what else is
 * not known is null.
 */
export function finding(code: FindingCode, message: string, details: FindingDetails = {}): Finding {
  return {
    code,
    severity: catalogue[code].severity,
    message: shortened(message),
    subject: details.subject ?? null,
    expected: shortened(details.expected ?? null),
    expectedFrom: details.expectedFrom ?? null,
    actual: shortened(details.actual ?? null),
    remedy: details.remedy ?? (catalogue[code].severity === 'info' ? null : catalogue[code].mend),
    remedyArgv: details.remedyArgv ?? null,
  };
}

function shortened<T extends string | null>(text: T): T | string {
  return text !== null && text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
