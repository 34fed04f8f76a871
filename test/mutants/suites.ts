/**
 * Stands in uvu's place: tests are kept instead of run, so that one process can run them again and again with another
 * mutant each time.
 */
type Callback = (context: Record<string, unknown>) => unknown;

export interface KeptSuite {
  readonly state: Record<string, unknown>;
  readonly tests: { readonly name: string; readonly handler: Callback }[];
  readonly before: Callback[];
  readonly after: Callback[];
  readonly beforeEach: Callback[];
  readonly afterEach: Callback[];
}

const kept = globalThis as { blobcheckSuites?: KeptSuite[] };

/** Of the test file that this process has loaded. */
export function keptSuites(): readonly KeptSuite[] {
  return kept.blobcheckSuites ?? [];
}

const empty = (state: Record<string, unknown>): KeptSuite => {
  return { state, tests: [], before: [], after: [], beforeEach: [], afterEach: [] };
};

export function suite(_name = '', state: Record<string, unknown> = {}) {
  let current = empty(state);
  const add = (name: string, handler: Callback): void => {
    current.tests.push({ name, handler });
  };
  const before = (hook: Callback) => current.before.push(hook);
  const after = (hook: Callback) => current.after.push(hook);
  const each = {
    before: Object.assign(before, { each: (hook: Callback) => current.beforeEach.push(hook) }),
    after: Object.assign(after, { each: (hook: Callback) => current.afterEach.push(hook) }),
  };
  return Object.assign(add, {
    ...each,
    only: add,
    skip: () => {},
    run: () => {
      kept.blobcheckSuites = [...keptSuites(), current];
      current = empty(state);
    },
  });
}

export const test = suite();
