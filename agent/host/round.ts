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

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;

/** Up to the next of 1, 2, 5, 10, 20, 50 …: for latencies, which are never the same twice. Below `quiet` it is 0. */
export const stepUp = (ms: number, quiet = 0): number =>
  ms < quiet ? 0 : (STEPS.find((step) => ms <= step) ?? Math.ceil(ms / 60_000) * 60_000);

/** To steps of a twentieth: for shares that move all the time. */
export const twentieth = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 20) / 20;
