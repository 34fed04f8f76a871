import fc from 'fast-check';
import { savedInputs, saveInput } from './saved-inputs.js';

/** Something that holds for every input that can be made. */
export interface Property<T = unknown> {
  /** The fact that holds; saved inputs are called after it. */
  readonly name: string;
  /** Its values survive `encodeInput`: plain data, bytes and big integers. */
  readonly inputs: fc.Arbitrary<T>;
  /** Throws or rejects for an input of which it does not hold. */
  readonly holds: (input: T) => void | Promise<void>;
  /** Inputs that `npm test` tries; together they take about a second. */
  readonly quickRuns: number;
}

/** Keeps the type of the inputs between its two functions, and forgets it for the list. */
export const property = <T>(definition: Property<T>): Property => definition as unknown as Property;

export interface Amount {
  readonly seed: number;
  /** Inputs at most. */
  readonly runs: number;
  /** Milliseconds after which no further input is tried; default none. */
  readonly milliseconds?: number;
}

export interface Outcome {
  /** Inputs tried, without those of shrinking. */
  readonly tried: number;
  /** The smallest input found of which it does not hold, its file, and why; null where none was found. */
  readonly failure: { readonly file: string; readonly reason: string } | null;
}

/** Tries inputs until one fails or the amount is used up; what fails is shrunk and saved, to be tried again for ever. */
export async function tryInputs({ name, inputs, holds }: Property, amount: Amount): Promise<Outcome> {
  const { seed, runs, milliseconds } = amount;
  const limit = milliseconds === undefined ? {} : { interruptAfterTimeLimit: milliseconds };
  let last: Promise<void> = Promise.resolve();
  const checked = fc.asyncProperty(inputs, (input) => {
    last = (async () => await holds(input))();
    return last;
  });
  const details = await fc.check(checked, { seed, numRuns: runs, ...limit });
  // The time limit leaves it at work, on what the next property works on, too.
  await last.catch(() => {});
  if (details.counterexample === null) return { tried: details.numRuns, failure: null };
  const [smallest] = details.counterexample;
  return {
    tried: details.numRuns,
    failure: { file: saveInput(name, smallest), reason: textOf(details.errorInstance) },
  };
}

/** Tries again what once failed. */
export async function trySaved({ name, holds }: Property): Promise<void> {
  for (const { file, input } of savedInputs(name)) {
    try {
      await holds(input);
    } catch (cause) {
      throw new Error(`${file}: ${textOf(cause)}`, { cause });
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
