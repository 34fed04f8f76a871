import type { Terminal } from '../../lib/cli/terminal.js';
import { plain } from '../../lib/report/human.js';

/** What a command may use of its process, for one that is called in this process; `changes` says what is otherwise. */
export function terminalFor(changes: Partial<Terminal> = {}): Terminal {
  return {
    env: {},
    ownEnv: {},
    policies: [],
    self: { node: process.execPath, program: '' },
    signal: new AbortController().signal,
    paint: plain,
    stderrIsTerminal: false,
    passSignals: () => {},
    dieOf: () => {},
    exit: () => {
      throw new Error('nobody may end the process of the tests');
    },
    out: () => {},
    err: () => {},
    ...changes,
  };
}
