import type { FindingCode } from '../../finding/catalogue.js';
import { type Finding, finding } from '../../finding/finding.js';

/** The overlay is opened for writing, by QEMU and by Cloud Hypervisor; the blob below it for reading, by both. */
export type DiskRole = 'overlay' | 'blob';

/** What is wrong with one image, before it is said of which. */
export interface Flaw {
  readonly code: 'malformed' | Exclude<FindingCode, 'overlay-malformed' | 'blob-malformed'>;
  readonly message: string;
  readonly expected: string;
  /** Whose rule it is: the specification's, or that of a reader which refuses or misreads the image. */
  readonly expectedFrom: 'qcow2 specification' | 'QEMU' | 'Cloud Hypervisor' | 'cocoon' | 'blobcheck';
  readonly actual: string;
}

export function malformed(message: string, details: Omit<Flaw, 'code' | 'message'>): Flaw {
  return { code: 'malformed', message, ...details };
}

/** A well-formed image that one of its readers refuses. */
export function unsupported(message: string, details: Omit<Flaw, 'code' | 'message'>): Flaw {
  return { code: 'overlay-unsupported', message, ...details };
}

export function findingOf(flaw: Flaw, subject: string, role: DiskRole): Finding {
  const { code, message, ...details } = flaw;
  const codeOfRole = role === 'overlay' ? 'overlay-malformed' : 'blob-malformed';
  return finding(code === 'malformed' ? codeOfRole : code, message, { subject, ...details });
}
