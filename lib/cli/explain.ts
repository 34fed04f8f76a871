import {
  BlobcheckError,
  catalogue,
  type ExplainReport,
  type FindingCode,
  findingCodes,
  isFindingCode,
} from '../index.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** `blobcheck explain CODE`: what a finding means, why it matters, how to mend it. */
export async function explainCommand(asked: string, options: GlobalOptions, terminal: Terminal): Promise<number> {
  const code = asked.toLowerCase();
  if (!isFindingCode(code)) {
    throw new BlobcheckError('usage', `there is no finding '${code}'${suggestion(code)}`);
  }
  const entry = catalogue[code];
  if (options.json) {
    const document: ExplainReport = { schema: 'blobcheck/explain/v1', code, ...entry };
    terminal.out(`${JSON.stringify(document)}\n`);
    return exitCodes.allow;
  }
  const { paint } = terminal;
  const rows = [
    `${paint('bold', code)} (${entry.severity})`,
    `  ${paint('dim', 'means')}    ${entry.means}`,
    `  ${paint('dim', 'matters')}  ${entry.matters}`,
    `  ${paint('dim', 'mend')}     ${entry.mend}`,
  ];
  terminal.out(`${rows.join('\n')}\n`);
  return exitCodes.allow;
}

/** The code with the most words in common, if it shares any. */
function suggestion(asked: string): string {
  const words = new Set(asked.split('-'));
  const shared = (code: FindingCode) => code.split('-').filter((word) => words.has(word)).length;
  const [best] = [...findingCodes].sort((a, b) => shared(b) - shared(a));
  return best !== undefined && shared(best) > 0
    ? `; did you mean ${best}?`
    : `; the codes are ${findingCodes.join(', ')}`;
}
