import { uninstallNode } from '../index.js';
import { exitCodeOf } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { printEnd, stepPrinter } from './install-steps.js';
import { stateDirectoryOption } from './options.js';
import type { Terminal } from './terminal.js';

/** `blobcheck uninstall`: removes what `install` wrote; the seals stay. */
export async function uninstallCommand(
  options: GlobalOptions & { readonly dryRun?: boolean },
  terminal: Terminal,
): Promise<number> {
  const report = await uninstallNode(options, {
    path: terminal.ownEnv.PATH ?? '',
    stateDir: stateDirectoryOption(options, terminal.ownEnv),
    signal: terminal.signal,
    onStep: stepPrinter(options, terminal),
  });
  const done = report.verdict === 'allow' ? 'this node is not gated any more' : 'not all was removed';
  printEnd(report, report.dryRun ? 'nothing was changed' : done, options, terminal);
  return exitCodeOf(report.verdict);
}
