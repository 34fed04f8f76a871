import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart } from '../../bench/case.js';
import { drawChart } from '../../bench/charts/draw.js';
import { scaleBetween, scaleOver } from '../../bench/charts/scale.js';
import { element, escaped } from '../../bench/charts/svg.js';
import { bars, distribution, lines } from './sample-charts.js';
import { whyNotWellFormed } from './well-formed.js';

const test = suite('bench/charts');

const charts: readonly Chart[] = [bars, lines, distribution];

for (const chart of charts) {
  test(`${chart.kind} are well-formed XML with a title and a description`, () => {
    const svg = drawChart(chart);
    assert.is(whyNotWellFormed(svg), null);
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.ok(svg.includes(`<title id="title">${escaped(chart.title)}</title>`));
    assert.ok(svg.includes(`<desc id="description">${escaped(chart.description)}</desc>`));
    assert.match(svg, 'prefers-color-scheme:dark');
    assert.not.match(svg, /NaN|Infinity|undefined|null/);
  });
}

test('what is absent is said', () => {
  assert.match(drawChart(bars), '>absent<');
  assert.match(drawChart(lines), '>gone (absent)<');
  assert.match(drawChart(distribution), '>gone (absent)<');
});

test('a chart of nothing is a chart', () => {
  for (const chart of [
    { ...bars, bars: [{ name: 'gone', samples: [] }] },
    { ...lines, lines: [] },
    { ...distribution, lines: [] },
  ]) {
    const svg = drawChart(chart);
    assert.is(whyNotWellFormed(svg), null);
    assert.not.match(svg, /NaN|Infinity/);
  }
});

test('a bar is as long as its median, and the one of this program is another colour', () => {
  const bar = /<rect x="(\d+)" y="[\d.]+" width="([\d.]+)" height="16" rx="2" class="(f\d)"\/>/g;
  const found = [...drawChart(bars).matchAll(bar)].map(([, , width, colour]) => [Number(width), colour]);
  assert.is(found.length, 2);
  const [[ours, blue], [peer, grey]] = found as [[number, string], [number, string]];
  assert.ok(Math.abs(ours / peer - 1.7) < 0.01);
  assert.not.equal(blue, grey);
});

test('the legend of a distribution tells its median and its 99th of a hundred', () => {
  assert.match(drawChart(distribution), '>ours: 2.50 ms, 99 % within 2.99 ms<');
});

test('a linear scale begins at 0 and ends at a round number that nothing exceeds', () => {
  const scale = scaleOver('linear', [1.7, 0.3], 0, 100);
  assert.equal(scale.ticks, [0, 0.5, 1, 1.5, 2]);
  assert.equal([0, 1, 2].map(scale.at), [0, 50, 100]);
});

test('a logarithmic scale has the same way from decade to decade', () => {
  const scale = scaleOver('log', [1, 5000], 0, 400);
  assert.equal(scale.ticks, [1, 10, 100, 1000, 10000]);
  assert.equal(
    [1, 10, 10000].map((value) => Math.round(scale.at(value))),
    [0, 100, 400],
  );
  assert.equal(scaleOver('log', [3, 40], 0, 1).ticks, [2, 5, 10, 20, 50]);
});

test('a scale between two ends reaches both', () => {
  const at = scaleBetween('log', [1, 10, 100], 10, 30);
  assert.equal(
    [1, 10, 100].map((value) => Math.round(at(value))),
    [10, 20, 30],
  );
  assert.is(scaleBetween('linear', [5], 10, 30)(5), 10);
});

test('text cannot leave its element', () => {
  const made = element('text', { title: 'a "b" <c>' }, [escaped('</text>&\u0000')]);
  assert.is(made, '<text title="a &quot;b&quot; &lt;c&gt;">&lt;/text&gt;&amp;</text>');
  assert.is(whyNotWellFormed(made), null);
});

test('the check for well-formed XML can fail', () => {
  for (const bad of [
    '<a>',
    '<a></b>',
    '<a b=c/>',
    '<a>&</a>',
    '<a/><b/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    'a',
    '<a><',
  ]) {
    assert.ok(whyNotWellFormed(bad) !== null, bad);
  }
});

test.run();
