/**
 * Stands in the place of test/support/run-program.ts: the command line in a thread beside the tests, which wait for it as
 * they wait for a process. Without a process to start, a call takes milliseconds, and the mutant is in force in it.
 */
import { dirname, join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { ProgramAnswer, ProgramRequest } from './protocol.js';
import { currentSwitch } from './switch.js';

export { program, type Ran } from '../support/run-program.js';

interface Beside {
  readonly port: MessagePort;
  /** Becomes 1 with each answer. */
  readonly answered: Int32Array;
}

let beside: Beside | null = null;

export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Omit<ProgramAnswer, 'reached'> {
  beside ??= start();
  const { port, answered } = beside;
  const { active, reached } = currentSwitch();
  Atomics.store(answered, 0, 0);
  port.postMessage({ args, env, mutant: active, records: reached !== null } satisfies ProgramRequest);
  Atomics.wait(answered, 0, 0);
  const answer = receiveMessageOnPort(port)?.message as ProgramAnswer;
  for (const id of answer.reached) reached?.add(id);
  return answer;
}

function start(): Beside {
  const { port1, port2 } = new MessageChannel();
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const file = join(dirname(process.argv[1] ?? ''), 'program-thread.js');
  const worker = new Worker(file, { workerData: { port: port2, shared }, transferList: [port2] });
  worker.unref();
  port1.unref();
  return { port: port1, answered: new Int32Array(shared) };
}
