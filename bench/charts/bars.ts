import type { BarChart } from '../case.js';
import { number } from '../report.js';
import { median, quantile } from '../statistics.js';
import { page, WIDTH } from './page.js';
import { type Area, numbered, xAxis } from './plot.js';
import { scaleOver } from './scale.js';
import { element, text, widthOf } from './svg.js';

const ROW = 30;
const BAR = 16;
const TOP = 46;
/** Room for the number behind the longest bar. */
const BEHIND = 64;

export function drawBars({ title, description, unit, bars, ours }: BarChart): string {
  const left = 24 + Math.max(...bars.map(({ name }) => widthOf(name)));
  const area: Area = { left, right: WIDTH - BEHIND, top: TOP, bottom: TOP + bars.length * ROW };
  const high = bars.map(({ samples }) => quantile(samples, 0.75) ?? 0);
  const scale = scaleOver('linear', high, area.left, area.right);
  const content = xAxis(area, numbered(scale), unit);
  for (const [at, { name, samples }] of bars.entries()) {
    const y = TOP + at * ROW + ROW / 2;
    content.push(text(left - 8, y + 4, name, 'ink', 'end'));
    const [low, middle, upper] = [quantile(samples, 0.25), median(samples), quantile(samples, 0.75)];
    if (low === null || middle === null || upper === null) {
      content.push(text(left + 6, y + 4, 'absent', 'dim'));
      continue;
    }
    const end = scale.at(middle);
    const colour = ours.includes(name) ? 'f0' : 'f5';
    content.push(
      element('rect', { x: left, y: y - BAR / 2, width: end - left, height: BAR, rx: 2, class: colour }),
      quartiles(scale.at(low), scale.at(upper), y),
      text(Math.max(end, scale.at(upper)) + 7, y + 4, number(middle), 'ink'),
    );
  }
  return page(title, description, area.bottom + 56, content);
}

function quartiles(low: number, high: number, y: number): string {
  const line = (x1: number, x2: number, y1: number, y2: number) =>
    element('line', { x1, x2, y1, y2, class: 'whisker', 'stroke-width': 1.2 });
  return [line(low, high, y, y), line(low, low, y - 4, y + 4), line(high, high, y - 4, y + 4)].join('');
}
