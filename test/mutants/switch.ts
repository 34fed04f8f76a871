/** Which mutant is the code, and which were asked for. Instrumented code asks `globalThis.blobcheckMutant`. */
export interface MutantSwitch {
  /** 0 for none. */
  active: number;
  /** Null while nobody wants to know. */
  reached: Set<number> | null;
}

const installed = globalThis as { blobcheckSwitch?: MutantSwitch };

/** The one of this thread. */
export function currentSwitch(): MutantSwitch {
  return installed.blobcheckSwitch ?? installSwitch(0);
}

export function installSwitch(active: number): MutantSwitch {
  const state: MutantSwitch = { active, reached: null };
  installed.blobcheckSwitch = state;
  const ask = (id: number): boolean => {
    state.reached?.add(id);
    return id === state.active;
  };
  Object.assign(globalThis, { blobcheckMutant: ask });
  return state;
}
