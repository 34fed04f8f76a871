/** A process that has loaded one bundled test file and runs its tests when it is asked to: `node test-child.js BUNDLE MUTANT`. */
import { pathToFileURL } from 'node:url';
import type { RecordedTest, Reply, Request } from './protocol.js';
import { type KeptSuite, keptSuites } from './suites.js';
import { installSwitch } from './switch.js';

const [bundle = '', mutant = '0'] = process.argv.slice(2);
const state = installSwitch(Number(mutant));
const reply = (message: Reply) => process.send?.(message);

// A test that nobody waits for ends a process; here it may be that of the mutant before.
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, () => {
    process.send?.({ reply: 'ran', outcome: 'doubtful' } satisfies Reply, () => process.exit(1));
  });
}

state.reached = new Set();
await import(pathToFileURL(bundle).href);
const reachedByLoading = state.reached;
state.reached = null;

interface PlacedTest {
  readonly suite: KeptSuite;
  readonly name: string;
  readonly handler: KeptSuite['tests'][number]['handler'];
}

const tests: readonly PlacedTest[] = keptSuites().flatMap((suite) => suite.tests.map((test) => ({ suite, ...test })));

process.on('disconnect', () => process.exit());
process.on('message', async (request: Request) => {
  reply(await (request.ask === 'record' ? record() : run(request)));
});
reply({ reply: 'loaded', reached: [...reachedByLoading] });

async function record(): Promise<Reply> {
  const recorded: RecordedTest[] = [];
  for (const test of tests) {
    const reached = new Set<number>();
    state.reached = reached;
    const begun = performance.now();
    const usedBefore = process.cpuUsage();
    const passed = await passes(test);
    const milliseconds = performance.now() - begun;
    const used = process.cpuUsage(usedBefore);
    const processor = (used.user + used.system) / 1000;
    recorded.push({ name: test.name, passed, milliseconds, processor, reached: [...reached] });
  }
  state.reached = null;
  return { reply: 'recorded', tests: recorded };
}

async function run({ mutant, tests: chosen }: Extract<Request, { ask: 'run' }>): Promise<Reply> {
  for (const index of chosen) {
    const test = tests[index] as PlacedTest;
    state.active = mutant;
    const passed = await passes(test);
    // What was begun and not waited for fails now rather than under the next mutant.
    await new Promise(setImmediate);
    state.active = 0;
    if (passed) continue;
    return { reply: 'ran', outcome: (await passes(test)) ? 'killed' : 'doubtful' };
  }
  return { reply: 'ran', outcome: 'survived' };
}

/** One test with all the hooks of its suite. */
async function passes({ suite, name, handler }: PlacedTest): Promise<boolean> {
  suite.state.__test__ = name;
  let passed = true;
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch {
      passed = false;
    }
  };
  for (const hook of [...suite.before, ...suite.beforeEach]) await attempt(() => hook(suite.state));
  if (passed) await attempt(() => handler(suite.state));
  for (const hook of [...suite.afterEach, ...suite.after]) await attempt(() => hook(suite.state));
  return passed;
}
