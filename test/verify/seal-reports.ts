import type { SealReport } from '../../lib/report/documents.js';

/** What became of each blob, and on what basis. */
export const outcomes = ({ blobs }: SealReport) => blobs.map(({ outcome, basis }) => [outcome, basis]);

/** The codes of all that was found, the blobs' last. */
export const codesIn = ({ findings, blobs }: SealReport) =>
  [...findings, ...blobs.flatMap((blob) => blob.findings)].map(({ code }) => code);
