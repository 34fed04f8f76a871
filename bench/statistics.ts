/** The middle value, of an even number of samples the mean of the two in the middle; null of none. */
export function median(samples: readonly number[]): number | null {
  return quantile(samples, 0.5);
}

/** The value that a part of the samples (0 to 1) does not exceed, between two samples by their distance; null of none. */
export function quantile(samples: readonly number[], part: number): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = part * (sorted.length - 1);
  const lower = sorted[Math.floor(place)];
  const upper = sorted[Math.ceil(place)];
  if (lower === undefined || upper === undefined) return null;
  return lower + (upper - lower) * (place - Math.floor(place));
}

/** Half the way between the quartiles as a part of the median: 0.05 is ± 5 %, and half of the samples lie in it. Null of none. */
export function spread(samples: readonly number[]): number | null {
  const middle = median(samples);
  const [low, high] = [quantile(samples, 0.25), quantile(samples, 0.75)];
  if (middle === null || low === null || high === null || middle === 0) return null;
  return (high - low) / 2 / middle;
}

/**
 * The median of the rounds' own ratios `a` / `b`: both samples of a round were taken within seconds of one another, so a
 * machine that is slow for a while moves both. Null where either has no samples.
 */
export function ratio(a: readonly number[], b: readonly number[]): number | null {
  const rounds = Math.min(a.length, b.length);
  return median(Array.from({ length: rounds }, (_, round) => (a[round] ?? 0) / (b[round] ?? 1)));
}

/** What is left to chance in `medianInterval`: one of a hundred such intervals does not hold the median. */
const CHANCE = 0.01;

/** Samples with which `medianInterval` can say something: of 7 all lie on one side of their median once in 64 times. */
export const LEAST_SAMPLES = 8;

/**
 * Two samples between which the median of what was sampled lies with 99 % confidence, whatever its distribution: k samples
 * on one side of it are as likely as k heads of n coins. Null for fewer than 8 samples, which cannot say it.
 * (David and Nagaraja, Order Statistics, 7.1.)
 */
export function medianInterval(samples: readonly number[]): readonly [low: number, high: number] | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const count = sorted.length;
  // Parts of the coins' distribution: exactly k heads, and at most k.
  let exactly = 0.5 ** count;
  let atMost = exactly;
  let left = 0;
  while (atMost <= CHANCE / 2 && left < count / 2) {
    left += 1;
    exactly *= (count - left + 1) / left;
    atMost += exactly;
  }
  const [low, high] = [sorted[left - 1], sorted[count - left]];
  return low === undefined || high === undefined ? null : [low, high];
}
