import type { LineChart } from '../case.js';
import { median, quantile } from '../statistics.js';
import { COLOURS, legend, mark, page, stroke, WIDTH } from './page.js';
import { type Area, numbered, whisker, xAxis, yAxis } from './plot.js';
import { scaleBetween, scaleOver } from './scale.js';

const HEIGHT = 300;

/** How far the first and the last point stay away from the sides. */
const INSIDE = 28;

export function drawLines({ title, description, x, y, lines }: LineChart): string {
  const measured = lines.map(({ name, points }) => ({
    name,
    points: points.flatMap(({ x, samples }) => {
      const [low, middle, high] = [quantile(samples, 0.25), median(samples), quantile(samples, 0.75)];
      return low === null || middle === null || high === null ? [] : [{ x, low, middle, high }];
    }),
  }));
  const names = measured.map(({ name, points }) => (points.length === 0 ? `${name} (absent)` : name));
  const { content, bottom } = legend(names, 54);
  const area: Area = { left: 84, right: WIDTH - 28, top: bottom + 6, bottom: bottom + HEIGHT };
  const across = x.ticks.map((tick) => tick.at);
  const at = scaleBetween(x.scale, across, area.left + INSIDE, area.right - INSIDE);
  const values = measured.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high]));
  const up = scaleOver(y.scale, values, area.bottom, area.top);
  content.push(
    ...yAxis(area, numbered(up), y.label),
    ...xAxis(
      area,
      x.ticks.map((tick) => ({ at: at(tick.at), label: tick.label })),
      x.label,
    ),
  );
  for (const [index, { points }] of measured.entries()) {
    const line = points.map((point): [number, number] => [at(point.x), up.at(point.middle)]);
    if (line.length > 1) content.push(stroke(line, index));
    for (const { x, low, middle, high } of points) {
      content.push(whisker(at(x), up.at(low), up.at(high), `s${index % COLOURS}`), mark(at(x), up.at(middle), index));
    }
  }
  return page(title, description, area.bottom + 56, content);
}
