/** Control and format characters (bidirectional controls among them), line separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text that comes from a disk, made safe for a terminal and a log line: what is unsafe is shown as a JSON escape. */
export function escapeText(text: string): string {
  return text.replace(unsafe, (character) =>
    Array.from({ length: character.length }, (_, unit) => escapeUnit(character.charCodeAt(unit))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** Whether `escapeText` would change the text, so that it cannot be pasted as it is printed. */
export function hasControls(text: string): boolean {
  return escapeText(text) !== text;
}
