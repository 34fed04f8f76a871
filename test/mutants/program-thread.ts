/** The command line, called by program-beside.ts once for each request. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { program } from '../support/run-program.js';
import type { ProgramAnswer, ProgramRequest } from './protocol.js';
import { installSwitch } from './switch.js';

const { port, shared } = workerData as { port: MessagePort; shared: SharedArrayBuffer };
const answered = new Int32Array(shared);
const state = installSwitch(0);
const { runProgram } = await import('../../lib/cli/programs/every.js');
const { readSettings } = await import('../../lib/cli/settings.js');

port.on('message', async ({ args, env, mutant, records }: ProgramRequest) => {
  state.reached = records ? new Set() : null;
  state.active = mutant;
  const ran = await call(args, env);
  state.active = 0;
  port.postMessage({ ...ran, reached: [...(state.reached ?? [])] } satisfies ProgramAnswer);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});

/** Thrown where a process would end. */
class Exit extends Error {
  constructor(readonly code: number) {
    super();
  }
}

async function call(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Omit<ProgramAnswer, 'reached'>> {
  let stdout = '';
  let stderr = '';
  const exit = (code: number): never => {
    throw new Exit(code);
  };
  const settings = readSettings(env);
  const terminal = {
    env: settings.env,
    ownEnv: env,
    policies: settings.policies,
    self: { node: process.execPath, program },
    signal: new AbortController().signal,
    passSignals: () => {},
    dieOf: () => {},
    exit,
    paint: (_style: unknown, text: string) => text,
    stderrIsTerminal: false,
    out: (text: string) => {
      stdout += text;
    },
    err: (text: string) => {
      stderr += text;
    },
  };
  try {
    return { status: await runProgram(args, terminal), stdout, stderr };
  } catch (error) {
    // What bin/blobcheck ends with where nothing catches it.
    return { status: error instanceof Exit ? error.code : 3, stdout, stderr: `${stderr}${error}` };
  }
}
