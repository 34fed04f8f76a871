import { escapeText, type InstallReport, type InstallStep } from '../index.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

const outcomes: Readonly<
  Record<InstallStep['outcome'], { word: string; style: 'red' | 'yellow' | 'green' | 'dim'; quiet: boolean }>
> = {
  done: { word: 'done', style: 'green', quiet: true },
  unchanged: { word: 'unchanged', style: 'dim', quiet: true },
  planned: { word: 'would', style: 'dim', quiet: true },
  warning: { word: 'warning', style: 'yellow', quiet: false },
  refused: { word: 'REFUSED', style: 'red', quiet: false },
  unverified: { word: 'UNVERIFIED', style: 'yellow', quiet: false },
};

/** Prints each step as it is done: an interrupted installation has said how far it came. */
export function stepPrinter(options: GlobalOptions, terminal: Terminal): (step: InstallStep) => void {
  return (step) => {
    const { word, style, quiet } = outcomes[step.outcome];
    if (options.json || (options.quiet && quiet)) return;
    const subject = step.subject === null ? '' : `${escapeText(step.subject)}: `;
    terminal.out(
      `${terminal.paint(style, word.padEnd(10))}  ${step.step.padEnd(9)}  ${subject}${escapeText(step.message)}\n`,
    );
    if (step.remedy === null) return;
    terminal.out(`${' '.repeat(23)}${terminal.paint('dim', 'remedy')}  ${escapeText(step.remedy)}\n`);
  };
}

/** The document, or the last line for a person. */
export function printEnd(report: InstallReport, words: string, options: GlobalOptions, terminal: Terminal): void {
  if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
  else if (!options.quiet || report.verdict !== 'allow') terminal.out(`${words}\n`);
}
