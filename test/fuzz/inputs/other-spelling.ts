/** Another spelling of a key that Go's encoding/json takes for it: the number chooses one; the key itself where none is. */
export function otherSpelling(key: string, number: number): string {
  const places = [...key].flatMap((letter, index) => spellingsOf(letter).map((other) => ({ index, other })));
  const chosen = places[number % Math.max(1, places.length)];
  if (chosen === undefined) return key;
  return [...key].map((letter, index) => (index === chosen.index ? chosen.other : letter)).join('');
}

/** How many there are that differ in one letter. */
export const countSpellings = (key: string): number => [...key].flatMap(spellingsOf).length;

function spellingsOf(letter: string): readonly string[] {
  const upper = /^[a-z]$/.test(letter) ? [letter.toUpperCase()] : [];
  if (letter === 's') return [...upper, '\u017f'];
  return letter === 'k' ? [...upper, '\u212a'] : upper;
}
