import type { Chart } from '../case.js';
import { drawBars } from './bars.js';
import { drawDistribution } from './distribution.js';
import { drawLines } from './lines.js';

/** A chart as an SVG document: readable in light and in dark, told in words to who does not see it. */
export function drawChart(chart: Chart): string {
  if (chart.kind === 'bars') return drawBars(chart);
  return chart.kind === 'lines' ? drawLines(chart) : drawDistribution(chart);
}
