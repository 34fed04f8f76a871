import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/security.md', import.meta.url));

/** Puts what a command measured between `<!-- NAME -->` and `<!-- /NAME -->` of docs/security.md. */
export function writeSection(name: string, markdown: string, page = PAGE): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} has no section ${begin} … ${end}`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${markdown.trim()}\n${text.slice(to)}`);
}
