const NAME = '[A-Za-z_:][\\w:.-]*';
const TEXT = '(?:[^<>&]|&(?:amp|lt|gt|quot|apos|#\\d+);)*';
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="(?:[^<>&"]|&(?:amp|lt|gt|quot|apos);)*")*)\\s*(/?)>`);

/**
 * Why a document of elements, attributes in double quotes and text is not well-formed (XML 1.0, section 2.1), or null.
 * Comments, declarations and sections are not known, and nothing that is drawn here has any.
 */
export function whyNotWellFormed(document: string): string | null {
  const open: string[] = [];
  let rest = document.trim();
  for (let elements = 0; rest.length > 0; elements++) {
    if (open.length === 0 && elements > 0) return `more than one root: ${rest.slice(0, 40)}`;
    const tag = TAG.exec(rest);
    if (tag === null) return `no tag: ${rest.slice(0, 40)}`;
    const [whole, isEnd, name = '', attributes = '', isEmpty] = tag;
    const names = [...attributes.matchAll(new RegExp(`(${NAME})="`, 'g'))].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) return `an attribute twice: ${whole}`;
    if (isEnd && open.pop() !== name) return `an end without its start: ${whole}`;
    if (!isEnd && !isEmpty) open.push(name);
    rest = rest.slice(whole.length);
    const words = new RegExp(`^${TEXT}`).exec(rest)?.[0] ?? '';
    if (open.length > 0) rest = rest.slice(words.length);
  }
  return open.length === 0 ? null : `not ended: ${open.join(', ')}`;
}
