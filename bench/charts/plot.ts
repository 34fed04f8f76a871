import type { Scale } from './scale.js';
import { element, text } from './svg.js';

/** The rectangle that is drawn in; pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Grid lines and words of a horizontal axis below an area. */
export function xAxis(area: Area, ticks: readonly Tick[], label: string): string[] {
  const middle = (area.left + area.right) / 2;
  return [
    ...ticks.flatMap(({ at, label: words }) => [
      element('line', { x1: at, x2: at, y1: area.top, y2: area.bottom, class: 'grid' }),
      text(at, area.bottom + 18, words, 'dim small', 'middle'),
    ]),
    element('line', { x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom, class: 'axis' }),
    text(middle, area.bottom + 40, label, 'dim', 'middle'),
  ];
}

/** Grid lines and words of a vertical axis to the left of an area; its label lies on its side. */
export function yAxis(area: Area, ticks: readonly Tick[], label: string): string[] {
  const middle = (area.top + area.bottom) / 2;
  const turned = { transform: `translate(${area.left - 52} ${middle}) rotate(-90)` };
  return [
    ...ticks.flatMap(({ at, label: words }) => [
      element('line', { x1: area.left, x2: area.right, y1: at, y2: at, class: 'grid' }),
      text(area.left - 8, at + 4, words, 'dim small', 'end'),
    ]),
    element('g', turned, [text(0, 0, label, 'dim', 'middle')]),
  ];
}

/** The ticks of a scale in numbers. */
export function numbered({ at, ticks }: Scale): Tick[] {
  return ticks.map((value) => ({ at: at(value), label: value.toLocaleString('en') }));
}

/** From quartile to quartile, upright. */
export function whisker(x: number, low: number, high: number, className: string): string {
  const line = (x1: number, x2: number, y1: number, y2: number) =>
    element('line', { x1, x2, y1, y2, class: className, 'stroke-width': 1.2 });
  return [line(x, x, low, high), line(x - 4, x + 4, low, low), line(x - 4, x + 4, high, high)].join('');
}
