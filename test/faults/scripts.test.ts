/** What stands before cocoon, from its first instruction on: the scripts, and Node as they start it. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { hookEnvironment, preClone } from '../cli/hooked.js';
import { program } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type Asked, brokenConsent, brokenDocument, type Ended } from './answers.js';
import { tryEveryFault } from './campaign.js';
import { runScriptTraced, type TracedRun } from './traced.js';
import { troubledNode } from './troubled-node.js';

const test = suite('what stands before cocoon, under faults');
const guard = fileURLToPath(new URL('../../bin/cocoon-guard', import.meta.url));

/** A cocoon that only tells that it ran. */
function tellingCocoon(): { readonly path: string; readonly mark: string } {
  const directory = temporaryDirectory();
  const [path, mark] = [join(directory, 'cocoon'), join(directory, 'ran')];
  writeFileSync(path, `#!/bin/sh\n: >'${mark}'\n`, { mode: 0o755 });
  return { path, mark };
}

async function nodeFor(ref: string, isWarm: boolean) {
  const node = await troubledNode();
  const { path, mark } = tellingCocoon();
  const env = { ...hookEnvironment({ BLOBCHECK_STATE_DIR: node.state }), BLOBCHECK_COCOON: path };
  node.reset(isWarm);
  const root = ['--root-dir', node.root.directory];
  if (isWarm) {
    await runScriptTraced(['sh', preClone, ...root, ref], env, null);
    node.keep();
  }
  const reset = () => {
    node.reset(isWarm);
    rmSync(mark, { force: true });
  };
  return { node, env, reset, mark, root };
}

/** What a guard asks the hook for: a script that the shell has not read ends with 0. */
const CONSENT = 64;

/** A shell that does not get its script runs nothing of it: it can neither refuse nor start cocoon. */
function brokenScript(
  { injected }: TracedRun,
  script: string,
  ref: string,
  hasConsented: (ended: Ended) => boolean,
): (ended: Ended, asked: Asked) => readonly string[] {
  const isUnread = injected.some(({ name, paths }) => paths.includes(script) && name !== 'execve');
  return (ended, asked) => {
    if (isUnread && ended.status === 0 && !hasConsented(ended)) return [];
    return brokenConsent(ended, asked, ref, hasConsented(ended));
  };
}

/** A script ends in its shell's way, and is not traced past its own children. */
const isNodes = true;

for (const shell of ['dash', 'bash']) {
  for (const [ref, how] of [
    ['sound:v1', 'by a stamp'],
    ['sound:v1', 'by a read'],
    ['flipped:v1', 'by a read'],
  ] as const) {
    const quick = shell === 'dash' ? 3 : 1;
    tryEveryFault(test, `${shell} cocoon-guard vm clone ${ref}, ${how}`, quick, async () => {
      const { node, env, reset, mark, root } = await nodeFor(ref, how === 'by a stamp');
      const words = [shell, guard, ...root, 'vm', 'clone', ref];
      const hasConsented = () => existsSync(mark);
      const differs = (ran: TracedRun) => ({ brokenAnswer: brokenScript(ran, guard, ref, hasConsented), isNodes });
      return { node, env, words, reset, run: runScriptTraced, differs };
    });

    tryEveryFault(test, `${shell} pre-clone ${ref}, ${how}`, quick, async () => {
      const { node, env, reset, root } = await nodeFor(ref, how === 'by a stamp');
      const words = [shell, preClone, ...root, ref];
      const hasConsented = ({ status }: Ended) => status === CONSENT;
      const differs = (ran: TracedRun) => {
        const brokenAnswer = brokenScript(ran, preClone, ref, hasConsented);
        return { brokenAnswer, isNodes, mayEndIn: [CONSENT] };
      };
      const asking = { ...env, BLOBCHECK_CONSENT: String(CONSENT) };
      return { node, env: asking, words, reset, run: runScriptTraced, differs };
    });
  }
}

for (const [command, brokenAnswer] of [
  ['hook', (ended: Ended, asked: Asked) => brokenHook(ended, asked)],
  ['verify --json', brokenDocument],
] as const) {
  tryEveryFault(test, `${command} flipped:v1, from where Node starts`, 3, async () => {
    const { node, env, reset } = await nodeFor('flipped:v1', false);
    const words = [process.execPath, program, ...command.split(' '), ...node.options, 'flipped:v1'];
    return { node, env, words, reset, run: runScriptTraced, differs: () => ({ brokenAnswer, isNodes }) };
  });
}

/** The word is the consent: what Node ends with before anything of ours runs is none. */
function brokenHook(ended: Ended, asked: Asked): readonly string[] {
  const hasConsented = ended.status === 0 && ended.stdout === 'allow\n';
  return brokenConsent({ ...ended, status: ended.status || 1 }, asked, 'flipped:v1', hasConsented);
}

test.run();
