import type { Axis } from '../case.js';

/** From a quantity to a place. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Ticks that a linear axis has, about. */
const TICKS = 5;

/** Decades up to which a logarithmic axis has ticks at 2 and 5, too. */
const FEW_DECADES = 2.5;

/** A scale over `values` from pixel `from` to pixel `to`; a linear one begins at 0. */
export function scaleOver(scale: Axis['scale'], values: readonly number[], from: number, to: number): Scale {
  const present = values.filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0));
  if (present.length === 0) return { at: () => from, ticks: [] };
  const [low, high] = [Math.min(...present), Math.max(...present)];
  return scale === 'linear' ? linear(high, from, to) : logarithmic(low, high, from, to);
}

/** From the least of `values` at pixel `from` to the greatest at pixel `to`. */
export function scaleBetween(
  scale: Axis['scale'],
  values: readonly number[],
  from: number,
  to: number,
): (value: number) => number {
  const amount = (value: number) => (scale === 'log' ? Math.log(value) : value);
  const [low, high] = [amount(Math.min(...values)), amount(Math.max(...values))];
  return (value) => from + ((to - from) * (amount(value) - low)) / (high - low || 1);
}

function linear(high: number, from: number, to: number): Scale {
  const rough = (high || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil((high || 1) / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
  return { at: (value) => from + ((to - from) * value) / (count * step), ticks };
}

function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const isShort = Math.log10(high / low) < FEW_DECADES;
  const steps = isShort ? [1, 2, 5] : [1];
  const marks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    marks.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(12))));
  }
  // The last mark that is not above, the first that is not below, and what lies between.
  const first = marks.findLast((mark) => mark <= low * (1 + 1e-9)) ?? low;
  const last = marks.find((mark) => mark >= high * (1 - 1e-9) && mark > first) ?? high;
  const width = Math.log(last / first);
  return {
    at: (value) => from + ((to - from) * Math.log(value / first)) / width,
    ticks: marks.filter((mark) => mark >= first && mark <= last),
  };
}
