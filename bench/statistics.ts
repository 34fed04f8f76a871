/** The middle value, of an even number of samples the mean of the two in the middle; null of none. */
export function median(samples: readonly number[]): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

/** Half the way from the smallest to the largest sample, as a part of the median: 0.05 is ± 5 %. Null of none. */
export function spread(samples: readonly number[]): number | null {
  const middle = median(samples);
  if (middle === null || middle === 0) return null;
  return (Math.max(...samples) - Math.min(...samples)) / 2 / middle;
}

/**
 * The median of the rounds' own ratios `a` / `b`: both samples of a round were taken within seconds of one another, so a
 * machine that is slow for a while moves both. Null where either has no samples.
 */
export function ratio(a: readonly number[], b: readonly number[]): number | null {
  const rounds = Math.min(a.length, b.length);
  return median(Array.from({ length: rounds }, (_, round) => (a[round] ?? 0) / (b[round] ?? 1)));
}
