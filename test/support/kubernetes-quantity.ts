const powers: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** `20Gi` as a count of bytes; what Kubernetes does not read is handed on as it is. */
export function kubernetesBytes(quantity: string | undefined): string {
  const text = (quantity ?? '').trim();
  const [, digits = '', unit = ''] = /^([+-]?\d+\.?\d*|\.\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const power = powers[unit];
  if (digits === '' || power === undefined) return text;
  const bytes = Math.ceil(Number(digits) * power);
  return bytes > 0 ? String(bytes) : text;
}
