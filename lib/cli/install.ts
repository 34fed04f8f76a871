import { findingLines, type InstallReport, installNode, type SealReport } from '../index.js';
import { exitCodeOf } from './exit.js';
import { printEnd, stepPrinter } from './install-steps.js';
import { type StoreOptions, stateDirectoryOption, storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

interface InstallCommandOptions extends StoreOptions {
  readonly vkCocoon?: boolean;
  readonly dryRun?: boolean;
}

/** `blobcheck install`: puts the guard before the node's cocoon, and proves that it stands there. */
export async function installCommand(options: InstallCommandOptions, terminal: Terminal): Promise<number> {
  const progress = progressOn(terminal, options.quiet === true);
  const print = stepPrinter(options, terminal);
  try {
    const report = await installNode(options, {
      // What somebody says now: what the settings say is read, and kept, by the installation itself.
      path: terminal.ownEnv.PATH ?? '',
      stateDir: stateDirectoryOption(options, terminal.ownEnv),
      cocoon: terminal.ownEnv.BLOBCHECK_COCOON || null,
      node: terminal.self.node,
      check: (stateDir) => storeCheckOptions({ ...options, stateDir }, terminal, progress),
      signal: terminal.signal,
      onStep: (step) => {
        progress.stop();
        print(step);
      },
    });
    progress.stop();
    if (!options.json && report.seal?.verdict !== 'allow') terminal.out(sealFindings(report.seal, terminal));
    printEnd(report, lastWords(report), options, terminal);
    return exitCodeOf(report.verdict);
  } finally {
    progress.stop();
  }
}

function sealFindings(seal: SealReport | null, terminal: Terminal): string {
  const findings = seal === null ? [] : [...seal.findings, ...seal.blobs.flatMap((blob) => blob.findings)];
  return findings.map((found) => `${findingLines(found, '', terminal.paint).join('\n')}\n`).join('');
}

function lastWords(report: InstallReport): string {
  if (report.dryRun) return 'nothing was changed';
  if (report.verdict === 'allow') {
    const changed = report.steps.some(({ step, outcome }) => step === 'file' && outcome === 'done');
    return `this node is gated${changed ? '' : '; nothing was changed'}`;
  }
  return report.verdict === 'deny'
    ? 'this node is NOT gated, or not wholly'
    : 'whether this node is gated is not known';
}
