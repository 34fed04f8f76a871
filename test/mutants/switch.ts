/** Which mutant is the code, and which were asked for. Instrumented code asks `globalThis.blobcheckMutant`. */
export interface MutantSwitch {
  /** 0 for none. */
  active: number;
  /** Null while nobody wants to know. */
  reached: Set<number> | null;
}

export function installSwitch(active: number): MutantSwitch {
  const state: MutantSwitch = { active, reached: null };
  const ask = (id: number): boolean => {
    state.reached?.add(id);
    return id === state.active;
  };
  Object.assign(globalThis, { blobcheckMutant: ask });
  return state;
}
