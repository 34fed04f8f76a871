import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exported } from '../builders/exported-directory.js';
import { amount } from '../long/amount.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { performLater } from './judged.js';
import { stepwise } from './stepwise.js';

const test = suite('what is swapped while a directory is judged in the place of a snapshot');

const STRIDE = amount(7, 1);

/** A directory that is good, and how it is judged, with something done before the calls of these numbers. */
async function asked() {
  const { node, directory } = exported();
  const judge = async (acts: ReadonlyMap<number, () => void> = new Map()) => {
    const paths: string[] = [];
    const report = await stepwise(
      () => verifyNode(node, { directories: [directory] }),
      (step, path) => {
        performLater(acts.get(step) ?? []);
        paths.push(path);
      },
    );
    return { verdict: report.verdict, paths };
  };
  await settled(node.blob);
  await judge();
  const { verdict, paths } = await judge();
  assert.is(verdict, 'allow');
  return { directory, judge, paths };
}

/** The file by that name with another content, and as it was. */
function contents(path: string, edit: (document: Record<string, Record<string, unknown>>) => void) {
  const good = readFileSync(path, 'utf8');
  const document = JSON.parse(good);
  edit(document);
  const put = (text: string) => () => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return { toGood: put(good), toBad: put(JSON.stringify(document)) };
}

test('snapshot.json is looked at again: one that came after it was read is never allowed', async () => {
  const { directory, judge, paths } = await asked();
  const record = join(directory, 'snapshot.json');
  const last = paths.lastIndexOf(record);
  const { toGood, toBad } = contents(record, ({ config }) => {
    (config as Record<string, unknown>).nics = 2;
  });
  toBad();
  assert.is((await judge()).verdict, 'deny');
  for (let step = 0; step <= last; step += STRIDE) {
    toGood();
    const { verdict } = await judge(new Map([[step, toBad]]));
    assert.is.not(verdict, 'allow', `swapped before call ${step} of ${last}`);
  }
});

test('a directory above it that is moved away and put back is seen', async () => {
  const { directory, judge, paths } = await asked();
  const last = paths.findLastIndex((path) => path.startsWith(directory));
  const above = dirname(directory);
  const copy = `${above}.good`;
  cpSync(above, copy, { recursive: true, preserveTimestamps: true });
  const { toBad } = contents(join(directory, 'config.json'), ({ rng }) => {
    (rng as Record<string, unknown>).src = '/dev/sda';
  });
  toBad();
  assert.is((await judge()).verdict, 'deny');
  const swap = () => {
    renameSync(above, `${above}.bad`);
    renameSync(copy, above);
  };
  const back = () => {
    renameSync(above, copy);
    renameSync(`${above}.bad`, above);
  };
  for (let from = 0; from <= last; from += STRIDE) {
    for (let to = from + STRIDE; to <= last; to += STRIDE) {
      if (!paths.slice(from, to).some((path) => path.startsWith(directory))) continue;
      const acts = [
        [from, swap],
        [to, back],
      ] as const;
      assert.is.not((await judge(new Map(acts))).verdict, 'allow', `away before call ${from}, back before ${to}`);
    }
  }
});

test.run();
