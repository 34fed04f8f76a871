/** Seconds of each unit. */
const units = { s: 1, m: 60, h: 3600 } as const;

/** `90`, `90s`, `10m` or `1h` in milliseconds; null for what is none of these. */
export function parseDuration(text: string): number | null {
  const [, number, unit] = /^([1-9][0-9]{0,6})([smh]?)$/.exec(text) ?? [];
  if (number === undefined) return null;
  return Number(number) * units[(unit || 's') as keyof typeof units] * 1000;
}
