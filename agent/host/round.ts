// Rounding, so that a quiet node's facts keep their hash and nothing is sent.

/** To two digits behind the point. */
export const ratio = (value: number): number => Math.round(value * 100) / 100;

/** To `digits` significant digits, as an integer: 12345 → 12000 with two. */
export function significant(value: number, digits = 2): number {
  if (!Number.isFinite(value) || value === 0) return 0;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - digits + 1);
  return Math.round(value / unit) * unit;
}

/** Down to a multiple of `unit`. */
export const floorTo = (value: number, unit: number): number => Math.floor(value / unit) * unit;
