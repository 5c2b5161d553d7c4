// How far a share can be trusted: the Wilson score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927), which is fair for few runs and near 0 or 1. Pure.

/** Two-sided 95 %. */
const Z = 1.959964;

/** Lower end of the 95 % interval of a share, 0–1; 0 without any run. */
export function wilsonLower(succeeded: number, total: number): number {
  if (total <= 0) return 0;
  const p = succeeded / total;
  const z2 = Z * Z;
  const middle = p + z2 / (2 * total);
  const half = Z * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total * total));
  return Math.max(0, (middle - half) / (1 + z2 / total));
}
