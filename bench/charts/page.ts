import { element, escaped, text, widthOf } from './svg.js';

export const WIDTH = 760;
const MARGIN = 16;
const LEGEND_LINE = 22;

/** Colours that people who see few of them tell apart, for light and for dark pages; lines differ in dashes and marks, too. */
const LIGHT = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#59636e'];
const DARK = ['#4493f8', '#f0883e', '#3fb950', '#ab7df8', '#db61a2', '#9198a1'];
export const COLOURS = LIGHT.length;

const colours = (values: readonly string[]) =>
  values.map((value, at) => `.f${at}{fill:${value}}.s${at}{stroke:${value};fill:none}`).join('');
const theme = (paper: string, ink: string, dim: string, grid: string, values: readonly string[]) =>
  `.paper{fill:${paper}}.ink{fill:${ink}}.dim{fill:${dim}}.grid{stroke:${grid}}.axis{stroke:${dim}}.whisker{stroke:${ink}}${colours(values)}`;
const STYLE = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}',
  '.title{font-size:15px;font-weight:600}.small{font-size:12px}.line{stroke-width:2;stroke-linejoin:round}',
  theme('#ffffff', '#1f2328', '#59636e', '#d8dee4', LIGHT),
  `@media (prefers-color-scheme:dark){${theme('#0d1117', '#e6edf3', '#9198a1', '#2d333b', DARK)}}`,
].join('');

/** A whole document of `height` pixels with a title, a description for who does not see it, and its own paper. */
export function page(title: string, description: string, height: number, content: readonly string[]): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
    width: WIDTH,
    height: Math.ceil(height),
    role: 'img',
    'aria-labelledby': 'title description',
  };
  return `${element('svg', attributes, [
    element('title', { id: 'title' }, [escaped(title)]),
    element('desc', { id: 'description' }, [escaped(description)]),
    element('style', {}, [STYLE]),
    element('rect', { x: 0, y: 0, width: WIDTH, height: Math.ceil(height), rx: 6, class: 'paper' }),
    text(MARGIN, 28, title, 'ink title'),
    ...content,
  ])}\n`;
}

/** One line of the legend a few names, each with the mark of its line; returns where it ends. */
export function legend(names: readonly string[], top: number): { readonly content: string[]; readonly bottom: number } {
  const content: string[] = [];
  let [x, y] = [MARGIN, top];
  for (const [at, name] of names.entries()) {
    const width = 42 + widthOf(name);
    if (x > MARGIN && x + width > WIDTH - MARGIN) [x, y] = [MARGIN, y + LEGEND_LINE];
    content.push(
      stroke(
        [
          [x, y],
          [x + 28, y],
        ],
        at,
      ),
      mark(x + 14, y, at),
      text(x + 34, y + 4, name, 'ink'),
    );
    x += width + 18;
  }
  return { content, bottom: y + LEGEND_LINE };
}

type Place = readonly [x: number, y: number];

const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '5 5', '1 4'];

/** A line through places, in the look of series `at`. */
export function stroke(places: readonly Place[], at: number): string {
  const points = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dash = DASHES[at % DASHES.length] ?? 'none';
  return element('polyline', { points, class: `line s${at % COLOURS}`, 'stroke-dasharray': dash });
}

/** The mark of series `at`: another shape each. */
export function mark(x: number, y: number, at: number): string {
  const shapes: readonly (() => string)[] = [
    () => element('circle', { cx: x, cy: y, r: 4, class: `f${at % COLOURS}` }),
    () => element('rect', { x: x - 3.5, y: y - 3.5, width: 7, height: 7, class: `f${at % COLOURS}` }),
    () =>
      polygon(
        [
          [x, y - 5],
          [x + 5, y + 4],
          [x - 5, y + 4],
        ],
        at,
      ),
    () =>
      polygon(
        [
          [x, y - 5],
          [x + 5, y],
          [x, y + 5],
          [x - 5, y],
        ],
        at,
      ),
    () =>
      polygon(
        [
          [x - 5, y - 4],
          [x + 5, y - 4],
          [x, y + 5],
        ],
        at,
      ),
  ];
  return (shapes[at % shapes.length] as () => string)();
}

function polygon(places: readonly Place[], at: number): string {
  const points = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return element('polygon', { points, class: `f${at % COLOURS}` });
}
