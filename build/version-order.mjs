/** Semantic Versioning 2.0.0, section 11: negative where `a` comes first, 0 where neither does. */
export function compareVersions(a, b) {
  const [left, right] = [parse(a), parse(b)];
  for (const [at, part] of left.release.entries()) {
    if (part !== right.release[at]) return part - right.release[at];
  }
  // A pre-release comes before its release.
  if (left.before.length === 0 || right.before.length === 0) return right.before.length - left.before.length;
  for (const [at, part] of left.before.entries()) {
    if (at >= right.before.length) return 1;
    const order = compareParts(part, right.before[at]);
    if (order !== 0) return order;
  }
  return left.before.length - right.before.length;
}

function parse(version) {
  const [, release, before] = /^v?(\d+(?:\.\d+)*)(?:-([\w.-]+))?(?:\+.*)?$/.exec(version) ?? [];
  if (release === undefined) throw new Error(`${version} is no version`);
  const numbers = release.split('.').map(Number);
  return { release: [0, 1, 2].map((at) => numbers[at] ?? 0), before: before?.split('.') ?? [] };
}

/** Numbers before words, numbers by their value, words by their characters. */
function compareParts(a, b) {
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && otherIsNumber) return Number(a) - Number(b);
  if (isNumber !== otherIsNumber) return isNumber ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
