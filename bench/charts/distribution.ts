import type { DistributionChart } from '../case.js';
import { number } from '../report.js';
import { quantile } from '../statistics.js';
import { legend, mark, page, stroke, WIDTH } from './page.js';
import { type Area, numbered, xAxis, yAxis } from './plot.js';
import { scaleOver } from './scale.js';

const HEIGHT = 280;

/** Steps of a curve: more are not seen. */
const STEPS = 200;

/** Parts that are looked for. */
const PARTS = [0, 0.25, 0.5, 0.75, 0.9, 0.99];

export function drawDistribution({ title, description, x, lines }: DistributionChart): string {
  const { content, bottom } = legend(lines.map(named), 54);
  const area: Area = { left: 84, right: WIDTH - 28, top: bottom + 10, bottom: bottom + HEIGHT };
  const curves = lines.map(({ singles }) => (singles.length === 0 ? [] : curveOf(singles)));
  const across = scaleOver(
    x.scale,
    curves.flatMap((curve) => curve.map(({ value }) => value)),
    area.left,
    area.right,
  );
  const up = (part: number) => area.bottom - part * (area.bottom - area.top);
  content.push(
    ...yAxis(
      area,
      PARTS.map((part) => ({ at: up(part), label: `${part * 100} %` })).filter(
        ({ at }) => at > area.top + 12 || at === up(0.99),
      ),
      'part of all runs',
    ),
    ...xAxis(area, numbered(across), x.label),
  );
  for (const [index, curve] of curves.entries()) {
    const places = curve.map(({ part, value }): [number, number] => [across.at(value), up(part)]);
    if (places.length > 0) content.push(stroke(places, index));
    const middle = quantile(lines[index]?.singles ?? [], 0.5);
    if (middle !== null) content.push(mark(across.at(middle), up(0.5), index));
  }
  return page(title, description, area.bottom + 56, content);
}

/** Up to the 99th of a hundred: the slowest of all runs would make the axis theirs. */
function curveOf(singles: readonly number[]): { part: number; value: number }[] {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const part = (step / STEPS) * 0.99;
    return { part, value: quantile(singles, part) ?? 0 };
  });
}

function named({ name, singles }: DistributionChart['lines'][number]): string {
  const [middle, late] = [quantile(singles, 0.5), quantile(singles, 0.99)];
  if (middle === null || late === null) return `${name} (absent)`;
  return `${name}: ${number(middle)} ms, 99 % within ${number(late)} ms`;
}
