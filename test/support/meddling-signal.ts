/**
 * A signal that is never aborted, and that does something when it is looked at for the nth time: in the middle of
 * whatever looks at its signal now and then, always at the same place.
 */
export function meddlingSignal(time: number, meddle: () => void): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  Object.defineProperty(signal, 'aborted', {
    get: () => {
      looks += 1;
      if (looks === time) meddle();
      return false;
    },
  });
  return signal;
}
