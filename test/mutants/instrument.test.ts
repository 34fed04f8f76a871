import { transformSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instrument } from './instrument.js';
import { installSwitch } from './switch.js';

const test = suite('instrument');

const lines = (source: string) => instrument(source, 'lib/a.ts', 1).mutants.map(({ becomes }) => becomes);

async function moduleOf(code: string): Promise<Record<string, (input: unknown) => unknown>> {
  const { code: plain } = transformSync(code, { loader: 'ts' });
  return await import(`data:text/javascript,${encodeURIComponent(plain)}`);
}

test('a condition is forced, one operand after the other, and its logic is swapped', () => {
  assert.equal(lines('if (a && !b) c();'), [
    'if ((a) || (!b)) c();',
    'if (true && !b) c();',
    'if (false && !b) c();',
    'if (a && true) c();',
    'if (a && (b)) c();',
    'if (a && !b)',
  ]);
});

test('a boundary moves, a number is one more and one less, a sum becomes a difference', () => {
  assert.equal(lines('const small = size + 8 <= end;'), [
    'const small = true;',
    'const small = false;',
    'const small = size + 8 < end;',
    'const small = size - 8 <= end;',
    'const small = size + 9 <= end;',
    'const small = size + 7 <= end;',
  ]);
});

test('of a list each element is dropped, and a function returns at once', () => {
  assert.equal(lines('function judge(): Finding[] { return [...judgeA(), ...judgeB()]; }'), [
    'function judge(): Finding[] {return []; return [...judgeA(), ...judgeB()]; }',
    'function judge(): Finding[] { return [...judgeB()]; }',
    'function judge(): Finding[] { return [...judgeA(), ]; }',
  ]);
});

test('a chain loses its question as a whole', () => {
  assert.equal(lines('const text = entry?.name.text;'), ['const text = entry.name.text;']);
});

test('types, imports, keys and sentences are left alone', () => {
  const source = `import { a } from './a.js';
type Kind = 'x' | 'y';
interface Facts { readonly kind: 'x'; readonly size: 8 }
const table = { 'key': a, 4: a, message: 'gone' };
const words = 'more than one word';`;
  assert.equal(lines(source), []);
});

test('the code runs as it did while no mutant is active, and otherwise as the mutant says', async () => {
  const source = `
export function judge(size: number): string[] {
  const findings: string[] = [];
  if (size > 3 && size < 10) findings.push('middle');
  else if (size >= 10) findings.push(...['large'].filter((word) => word.startsWith('l')));
  for (const name of ['a', 'b']) {
    if (size === 0) continue;
    if (name === 'b') findings.push(name);
  }
  return findings;
}`;
  const inputs = [-1, 0, 3, 4, 9, 10, 11];
  const answersOf = ({ judge }: Awaited<ReturnType<typeof moduleOf>>) => {
    return inputs.map((input) => {
      try {
        return judge?.(input);
      } catch (error) {
        return String(error);
      }
    });
  };
  const plain = answersOf(await moduleOf(source));
  const state = installSwitch(0);
  const { code, mutants } = instrument(source, 'lib/a.ts', 1);
  const instrumented = await moduleOf(code);
  assert.equal(answersOf(instrumented), plain);
  const survivors = mutants.filter(({ id }) => {
    state.active = id;
    return JSON.stringify(answersOf(instrumented)) === JSON.stringify(plain);
  });
  assert.equal(
    survivors.map(({ becomes }) => becomes),
    [
      "else if (size >= 9) findings.push(...['large'].filter((word) => word.startsWith('l')));",
      "else if (size >= 10) findings.push(...(['large']));",
      "else if (size >= 10) findings.push(...['large'].filter((word) => true));",
      "else if (size >= 10) findings.push(...['large'].filter((word) => word.startsWith('')));",
      "for (const name of ['b']) {",
      "for (const name of ['', 'b']) {",
    ],
  );
});

test('what was asked for is known', async () => {
  const state = installSwitch(0);
  state.reached = new Set();
  const { judge } = await moduleOf(instrument('export const judge = (n) => (n > 1 ? 5 : 6);', 'lib/a.ts', 40).code);
  assert.equal([...state.reached], []);
  judge?.(0);
  assert.ok(state.reached.size > 0);
  assert.ok([...state.reached].every((id) => id >= 40));
  assert.is(judge?.(2), 5);
});

test.run();
