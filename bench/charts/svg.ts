/** An element of SVG; what stands in attributes and text is escaped, children are elements already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

/** Text at a place, which `className` says the look of. */
export function text(x: number, y: number, words: string, className: string, anchor = 'start'): string {
  return element('text', { x, y, class: className, 'text-anchor': anchor }, [escaped(words)]);
}

/** Text as it may stand in an element or an attribute; what XML has no way to write is left out. */
export function escaped(value: string | number): string {
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  return value
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Pixels that text takes, about: no font is there to be asked. 13 pixels of a sans serif are 7 wide on average. */
export function widthOf(words: string): number {
  return words.length * 7;
}
